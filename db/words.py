"""The product's vocabulary as stored in the tables; tuples in display order."""

from __future__ import annotations

from typing import Final

ROLES: Final = ("facilitator", "stakeholder", "sponsor", "manager", "administrator")
LINK_PURPOSES: Final = ("invitation", "reset")
STAGES: Final = ("discovery", "co_design", "prototype", "recommend", "implement")
OUTCOMES: Final = ("implemented", "partly_implemented", "not_implemented")
FORMS: Final = ("co_commissioning", "co_design", "co_delivery", "co_assessment")
MODES: Final = ("consumer", "participative", "enhanced")
CYCLE_PHASES: Final = ("prevention", "detection", "treatment", "recovery")
GROUPS: Final = (
    "service_user",
    "carer",
    "community",
    "front_line",
    "public_manager",
    "elected",
    "sponsor",
    "partner",
)
GROUP_NOT_SAID: Final = "group_not_said"
COUNTED_GROUPS: Final = (*GROUPS, GROUP_NOT_SAID)
"""As people who came are counted: some name no group."""
VOICE_ROLES: Final = ("voice", "action", "both")
STAKEHOLDER_STATUSES: Final = ("active", "withdrawn")
WITHDRAWAL_REASONS: Final = ("disappointed", "no_time", "moved", "other", "not_given")
ENGAGEMENT_KINDS: Final = ("workshop", "interview", "test", "meeting", "online_round")
AGENDA_SETTERS: Final = ("lab", "participants", "both")
INFLUENCES: Final = ("tell", "ask", "work_with", "share_decisions", "hand_over")
WITHIN_POWER: Final = ("yes", "partly", "no")
PULSE_STANDINGS: Final = ("counted", "held", "kept", "left_out")
SAID_BACK: Final = ("will", "will_if", "will_not", "cannot_promise")
EXPECTATION_STATES: Final = ("open", "in_hand", "met", "partly_met", "not_met", "withdrawn")
VERDICTS: Final = ("yes", "partly", "no")
FIDELITIES: Final = ("sketch", "storyboard", "paper", "role_play", "mock_up", "service_blueprint", "pilot")
FINDINGS: Final = ("untested", "did_not_occur", "occurred_fixed", "occurred_open", "accepted")
TEST_DECISIONS: Final = ("iterate", "recommend", "drop")
RECOMMENDATION_STATUSES: Final = (
    "draft",
    "sent",
    "accepted",
    "partly_accepted",
    "declined",
    "in_progress",
    "implemented",
    "dropped",
)
ANSWERS: Final = ("accepted", "partly_accepted", "declined")
LEVELS: Final = ("calm", "watch", "at_risk", "critical")
FLAG_STATES: Final = ("raised", "acknowledged", "cleared")
FLAG_OUTCOMES: Final = ("acted", "no_action", "false_alarm")
ESCALATION_STEPS: Final = ("owner", "sponsor", "manager", "public")
STALL_REASONS: Final = (
    "nobody_owns_it",
    "no_money",
    "no_time",
    "law_or_rules",
    "priorities_changed",
    "waits_for_others",
    "no_agreement",
    "other",
    "not_known",
)
WORKSHOP_STATES: Final = ("planned", "running", "ended", "wrapped_up")
BLOCK_KINDS: Final = (
    "welcome",
    "expectations_round",
    "ideas",
    "cluster",
    "dots",
    "vote",
    "worries",
    "pulse",
    "wrap_up",
)
REACTIONS: Final = ("agree", "unclear", "too_fast", "thanks")
NOTE_KINDS: Final = ("idea", "expectation", "worry", "decision", "promise")
NOTE_SOURCES: Final = ("phone", "account", "facilitator", "paper", "list")
JOIN_SOURCES: Final = ("phone", "account", "paper")
ROUND_STATES: Final = ("draft", "open", "closed", "revealed")
REVEALS: Final = ("hidden", "live")
ORDERS: Final = ("fixed", "shuffled")
ANONYMITIES: Final = ("anonymous", "participation_recorded")
BLANK_MEANINGS: Final = ("least", "no_opinion")
"""What an option without a mark counts as: the least a ballot can say, or nothing."""
BALLOT_SOURCES: Final = ("phone", "account", "paper", "hands")
SLIP_WAYS: Final = ("phone", "paper")
"""On what the ballot of a printed slip was handed in."""
MODEL_SOURCES: Final = ("default", "refit")
