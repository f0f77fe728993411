"""The whole thread as typed tables, one file per capability."""

from db.base import Base
from db.models.access import Account, Session, SignInAttempt
from db.models.disillusion import Flag, ProjectRisk, RiskEvaluation, RiskModel
from db.models.engagements import Attendance, Contribution, Engagement, Pulse
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
from db.models.foundation import Event, Lab
from db.models.projects import Project, ProjectForm, Sponsor
from db.models.prototypes import ForeseenRisk, Picture, Prototype, PrototypeTest, prototype_expectation
from db.models.stakeholders import Contact, Stakeholder

__all__ = [
    "Account",
    "Attendance",
    "Base",
    "Contact",
    "Contribution",
    "Engagement",
    "Event",
    "Expectation",
    "Flag",
    "ForeseenRisk",
    "Lab",
    "Picture",
    "ProgressUpdate",
    "Project",
    "ProjectForm",
    "ProjectRisk",
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
    "Sponsor",
    "Stakeholder",
    "prototype_expectation",
    "recommendation_expectation",
    "reply_expectation",
    "reply_recommendation",
]
