"""Outbound webhooks: what may be heard, how it is signed, how it is sent.

An action says :func:`accounts.actions.emit` inside its transaction. The clock turns what was said
into deliveries for those who may see the subject, and sends them: signed, one host at a time behind
a breaker, again and again with growing pauses, and never to an address that is not public.
"""
