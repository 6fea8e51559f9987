"""Use cases, by noun: verb_noun(session, actor, **fields). No web, no commit: the entry point opens the transaction."""
