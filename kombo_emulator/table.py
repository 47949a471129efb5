"""The whole table: all models of all categories, and the lists at which they are read."""

from __future__ import annotations

from kombo_emulator.models import Relations
from kombo_emulator.models_assessment import ASSESSMENT_MODELS
from kombo_emulator.models_ats import ATS_MODELS
from kombo_emulator.models_hris import HRIS_MODELS, TEAMS
from kombo_emulator.models_lms import LMS_MODELS

RELATIONS = Relations((*ATS_MODELS, *HRIS_MODELS, *LMS_MODELS, *ASSESSMENT_MODELS))
MODELS = RELATIONS.models
LISTS = {model.path: model for model in (*MODELS.values(), TEAMS) if model.path}
"""Rows by path; a model that is only seen nested in others has none."""
