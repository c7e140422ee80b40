"""Bulletins (商家通知): one text to many shops, tried first, approved by a second person, told in batches."""
