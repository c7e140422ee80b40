"""Conversations with members: live chat, queue and ownership, notes, canned replies."""
