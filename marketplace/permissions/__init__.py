"""Who may do what. One policy table for every endpoint, and one `can_…` rule for each act on an object.

Whose rows a person sees is decided once more, by the database's row-level security. It must never ask the database
anything.
"""

from marketplace.permissions.actors import NOBODY, SYSTEM, Actor
from marketplace.permissions.acts import (
    can_administer,
    can_adopt_tariff,
    can_answer_uplift,
    can_change_need,
    can_comment_on_tariffs,
    can_consult,
    can_decide_award,
    can_draft_tariff,
    can_edit_setting,
    can_give_notice,
    can_keep_identity,
    can_keep_placement,
    can_negotiate,
    can_open_identity,
    can_post_need,
    can_prepare_prices,
    can_propose_award,
    can_rank_options,
    can_reply,
    can_request_uplift,
    can_see_prices,
    can_set_budget,
    can_start_run,
    can_watch_mail,
    owns_tariff,
    require,
)
from marketplace.permissions.policy import POLICY
from marketplace.permissions.rules import BUYERS

__all__ = [
    "BUYERS",
    "NOBODY",
    "POLICY",
    "SYSTEM",
    "Actor",
    "can_administer",
    "can_adopt_tariff",
    "can_answer_uplift",
    "can_change_need",
    "can_comment_on_tariffs",
    "can_consult",
    "can_decide_award",
    "can_draft_tariff",
    "can_edit_setting",
    "can_give_notice",
    "can_keep_identity",
    "can_keep_placement",
    "can_negotiate",
    "can_open_identity",
    "can_post_need",
    "can_prepare_prices",
    "can_propose_award",
    "can_rank_options",
    "can_reply",
    "can_request_uplift",
    "can_see_prices",
    "can_set_budget",
    "can_start_run",
    "can_watch_mail",
    "owns_tariff",
    "require",
]
