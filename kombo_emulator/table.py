"""The whole table: all models of all categories."""

from __future__ import annotations

from kombo_emulator.models import Relations
from kombo_emulator.models_ats import ATS_MODELS

RELATIONS = Relations(ATS_MODELS)
MODELS = RELATIONS.models
