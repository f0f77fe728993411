"""The tables, one file per capability."""

from db.base import Base
from db.models.access import Account, KnownDevice, OneTimeLink, Session, SignInAttempt, SigningKey
from db.models.disillusion import (
    Escalation,
    Flag,
    ProjectFeature,
    ProjectRisk,
    ProjectWait,
    RiskEvaluation,
    RiskModel,
    StallReason,
)
from db.models.engagements import Attendance, Contribution, Engagement, GroupAttendance, Pulse
from db.models.followthrough import (
    Expectation,
    ProgressUpdate,
    Recommendation,
    Reply,
    Response,
    recommendation_expectation,
    reply_expectation,
    reply_recommendation,
)
from db.models.foundation import Event, Lab, StaleProject
from db.models.projects import Project, ProjectForm, Sponsor
from db.models.prototypes import ForeseenRisk, Picture, Prototype, PrototypeTest, prototype_expectation
from db.models.stakeholders import Contact, Stakeholder
from db.models.voting import Ballot, BallotEntry, VoteGroup, VoteJoin, VoteOption, VoteRound
from db.models.workshops import (
    Cluster,
    Note,
    NoteDots,
    Workshop,
    WorkshopBlock,
    WorkshopInvitation,
    WorkshopJoin,
    WorkshopPhoto,
)

__all__ = [
    "Account",
    "Attendance",
    "Ballot",
    "BallotEntry",
    "Base",
    "Cluster",
    "Contact",
    "Contribution",
    "Engagement",
    "Escalation",
    "Event",
    "Expectation",
    "Flag",
    "ForeseenRisk",
    "GroupAttendance",
    "KnownDevice",
    "Lab",
    "Note",
    "NoteDots",
    "OneTimeLink",
    "Picture",
    "ProgressUpdate",
    "Project",
    "ProjectFeature",
    "ProjectForm",
    "ProjectRisk",
    "ProjectWait",
    "Prototype",
    "PrototypeTest",
    "Pulse",
    "Recommendation",
    "Reply",
    "Response",
    "RiskEvaluation",
    "RiskModel",
    "Session",
    "SignInAttempt",
    "SigningKey",
    "Sponsor",
    "Stakeholder",
    "StaleProject",
    "StallReason",
    "VoteGroup",
    "VoteJoin",
    "VoteOption",
    "VoteRound",
    "Workshop",
    "WorkshopBlock",
    "WorkshopInvitation",
    "WorkshopJoin",
    "WorkshopPhoto",
    "prototype_expectation",
    "recommendation_expectation",
    "reply_expectation",
    "reply_recommendation",
]
