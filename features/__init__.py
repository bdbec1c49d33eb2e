"""What is known of a customer at a moment.

This layer knows tables (what a user brings, typed and cleaned), the history (what had happened before a
moment) and the catalogue (every feature, defined once). It takes arguments only: it reads no settings, has no
clock and knows no default moment.

It must not know the future (labels live in ``training``), models, the registry, the service or the command;
it imports none of those layers.
"""
