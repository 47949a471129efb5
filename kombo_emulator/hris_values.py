"""Made-up properties of HRIS records: mostly filled, sometimes null, as tools differ.

Nobody's secrets: numbers of people and accounts are zeros with a running number at the end.
"""

from __future__ import annotations

from kombo_emulator.clock import stamp
from kombo_emulator.rows import DAY, derive_id
from kombo_emulator.values import MadeUp, Values

GROUPS = ("People", "Engineering", "Sales", "Platform", "Support", "Travel", "Legal", "Data")
ABSENCE_TYPES = ("Vacation", "Sick leave", "Parental leave", "Overtime", None)
SKILLS = ("Python", "Negotiation", "First aid", "Public speaking", "Accounting")
CUSTOM_FIELDS = (
    ("hris_employees", "shirt_size"),
    ("hris_employments", "bonus_scheme"),
    ("hris_timesheets", "project"),
    ("hris_staffing_entities", "budget"),
    ("hris_absence_types", "payroll_code"),
)
LEVELS = ("Beginner", "Practised", "Expert")
_JOBS = ("Backend engineer", "Account executive", "Data analyst", "Nurse", "Designer", "Lawyer")
_TYPES = ("FULL_TIME", "PART_TIME", "WORKING_STUDENT", "Mini job", None)
_HOUR = 60 * 60 * 1000


class HrisValues(MadeUp):
    """Draws the own properties of HRIS records."""

    def employee(self) -> Values:
        """An employee; identity and bank are there for some."""
        number = self._next_number("employee")
        first, last, email = self._person("example.com")
        left = self._turn("left", (False,) * 6 + (True,))
        status = self._turn("status", ("ACTIVE", "ACTIVE", "ACTIVE", "LEAVE", "Sabbatical", None))
        return {
            "employee_number": self._mostly("employee number", f"E-{number:04}", every=9),
            "first_name": self._mostly("first name", first, every=21),
            "last_name": self._mostly("last name", last, every=25),
            "display_full_name": self._mostly("display name", f"{first} {last}", every=4),
            "job_title": self._turn("job title", (*_JOBS, None)),
            "work_email": self._mostly("work email", email, every=12),
            "mobile_phone_number": self._mostly("phone", self._one(self._pools.phones)),
            "employment_status": "INACTIVE" if left else status,
            "employment_type": self._turn("type", _TYPES),
            "weekly_hours": self._turn("hours", (40, 37.5, 20, None)),
            "avatar": self._mostly("avatar", f"{self._site}/avatars/{number}.png", every=3),
            "start_date": self._mostly("start", self._day(ago=self._number(3000, 200)), every=20),
            "termination_date": self._day(ago=self._number(60)) if left else None,
            "remote_created_at": self._mostly("created", stamp(self._world.now())),
            **self._identity(number, f"{first} {last}"),
            **self._extra_fields("hris_employees", "shirt_size"),
        }

    def _identity(self, number: int, name: str) -> Values:
        private = f"private{number}@example.org"
        genders = ("FEMALE", "MALE", "NON_BINARY", "NOT_SPECIFIED", "Diverse", None)
        origins = ("WHITE", "ASIAN", "MULTIPLE_ETHNICITIES", "DECLINE_TO_SPECIFY", None, "Frisian")
        marital = ("SINGLE", "MARRIED", "DIVORCED", "NOT_MARRIED", "Engaged", None)
        return {
            "nationality": self._turn("nationality", ("German", "Turkish", "French", None)),
            "personal_email": self._mostly("personal email", private, every=3),
            "ssn": self._mostly("ssn", f"000-00-{number:04}", every=3),
            "tax_id": self._mostly("tax id", f"0000000{number:04}", every=4),
            "gender": self._turn("gender", genders),
            "ethnicity": self._turn("ethnicity", origins),
            "marital_status": self._turn("marital", marital),
            "date_of_birth": self._mostly("birth", self._day(ago=self._number(22000, 7000))),
            "home_address": self._mostly("home", self._one(self._pools.places), every=4),
            "bank_accounts": self._turn(
                "accounts", ([_german_account(number, name)], [_british_account(number)], [], None)
            ),
        }

    def employment(self, *, ago: int = 0) -> Values:
        """What an employee is paid from a day on, so many days ago."""
        hourly = self._turn("hourly", (False, False, True))
        pay = self._number(40, 13) + 0.5 if hourly else self._number(120, 36) * 1000
        return {
            "job_title": self._turn("employment title", (*_JOBS, None)),
            "pay_rate": self._mostly("pay", pay, every=15),
            "pay_period": self._mostly("period", "HOUR" if hourly else "YEAR", every=15),
            "pay_frequency": self._turn("frequency", ("MONTHLY", "SEMIMONTHLY", "Once", None)),
            "employment_type": self._turn("employment type", _TYPES),
            "pay_currency": self._turn("currency", ("EUR", "EUR", "USD", None)),
            "effective_date": self._mostly("effective", self._day(ago=ago), every=25),
            **self._extra_fields("hris_employments", "bonus_scheme"),
        }

    def group(self) -> Values:
        """A department, a team or a cost center."""
        kinds = ("DEPARTMENT", "TEAM", "TEAM", "COST_CENTER", None)
        return {
            "name": self._turn("group", (*GROUPS, None)),
            "type": self._turn("group type", kinds),
        }

    def location(self) -> Values:
        """A place of work."""
        place = self._one(self._pools.places)
        return {
            "name": self._mostly("location", f"Office {place['city']}"),
            "address": self._mostly("location address", place, every=4),
            "type": self._turn("location type", ("OFFICE", "REMOTE", None)),
        }

    def legal_entity(self) -> Values:
        """A company that employs people."""
        company, place = self._one(self._pools.companies), self._one(self._pools.places)
        return {
            "name": self._mostly("entity", company, every=3),
            "address": self._mostly("entity address", place, every=2),
        }

    def absence_type(self) -> Values:
        """A kind of absence."""
        hours = self._turn("type unit", ("DAYS", "DAYS", None, "HOURS"))
        custom: tuple[Values | None, ...] = ({"payroll_code": "V1"}, {"payroll_code": 7}, {}, None)
        return {
            "name": self._turn("absence type", ABSENCE_TYPES),
            "unit": hours,
            "half_days_supported": self._turn("half days", (True, False, None)),
            "exact_times_supported": self._turn("exact times", (False, True, None)),
            "custom_fields": self._turn("type fields", custom),
        }

    def absence(self) -> Values:
        """An absence of some days, or of some hours of a day."""
        start = self._world.now() // DAY + self._number(60)
        by_hours = self._turn("by hours", (False, False, True))
        length = 1 if by_hours else self._number(14, 1)
        statuses = ("APPROVED", "REQUESTED", "DECLINED", "CANCELLED", "In review", "DELETED", None)
        unit = "HOURS" if by_hours else "DAYS"
        return {
            "start_date": self._mostly("from", _plain(start), every=30),
            "end_date": self._mostly("until", _plain(start + length - 1), every=12),
            "start_half_day": self._turn("starts at noon", (False, True, None)),
            "end_half_day": self._turn("ends at noon", (False, None, True)),
            "start_time": "09:30:00" if by_hours else None,
            "end_time": "13:15:00" if by_hours else None,
            "amount": self._mostly("amount", 3.75 if by_hours else length, every=10),
            "unit": self._mostly("unit", unit, every=10),
            "status": self._turn("absence status", statuses),
            "employee_note": self._mostly("note", self._one(self._pools.sentences), every=2),
            **self._remote_times(),
            "remote_created_at": self._mostly("asked", stamp(self._world.now())),
        }

    def time_off_balance(self) -> Values:
        """What is left of a kind of absence, and what was used."""
        used = self._number(20)
        return {
            "balance": self._mostly("balance", 30 - used + 0.5, every=9),
            "balance_unit": self._turn("balance unit", ("DAYS", "DAYS", "HOURS", None)),
            "used": self._mostly("used", used, every=4),
            "used_unit": self._turn("used unit", ("DAYS", "HOURS", None)),
        }

    def timesheet(self) -> Values:
        """A day of work, with a break or without one; one may still go on."""
        start = self._world.now() // DAY * DAY + self._number(10, 6) * _HOUR
        end = start + 8 * _HOUR
        pause = {"started_at": stamp(start + 3 * _HOUR), "ended_at": stamp(start + 4 * _HOUR)}
        breaks: tuple[list[Values] | None, ...] = (
            [pause | {"paid": False}],
            [pause | {"paid": True}],
            [],
            None,
        )
        approved = self._turn("approved", (True, True, False))
        return {
            "started_at": self._mostly("started", stamp(start), every=20),
            "ended_at": self._mostly("ended", stamp(end), every=10),
            "timezone": self._turn("timezone", ("+01:00", "-05:00", None)),
            "payable_hours": self._turn("payable", (7, 7.25, 8, None)),
            "unpaid_break_minutes": self._turn("unpaid", (60, 0, None)),
            "breaks": self._turn("breaks", breaks),
            "approval_status": self._turn("approval", ("APPROVED", "APPROVED", "Open", None)),
            "approved_at": stamp(end + _HOUR) if approved else None,
            "comment": self._mostly("comment", self._one(self._pools.sentences), every=2),
            **self._extra_fields("hris_timesheets", "project"),
        }

    def performance_review_cycle(self) -> Values:
        """A season of reviews."""
        year = stamp(self._world.now())[:4]
        return {
            "name": self._mostly("cycle", f"Review {year}", every=3),
            "review_period_start_date": self._mostly("cycle start", self._day(ago=90), every=2),
        }

    def performance_review(self) -> Values:
        """What somebody says of an employee, with a rating of each kind in turn."""
        ratings = (
            {"type": "NUMERIC", "min": 1, "max": 5, "value": 3.5},
            {
                "type": "SINGLE_SELECT",
                "ordered_options": ["Below", "As expected", "Above"],
                "value": "Above",
            },
            {"type": "NUMERIC", "min": None, "max": None, "value": None},
            {"type": "SINGLE_SELECT", "ordered_options": None, "value": None},
            None,
        )
        kinds = ("MANAGER", "PEER", "DIRECT_REPORT", "SELF", None)
        return {
            "type": self._turn("review type", kinds),
            "summary_comment": self._mostly("summary", self._one(self._pools.sentences), every=3),
            "summary_rating": self._turn("rating", ratings),
        }

    def staffing_entity(self) -> Values:
        """A position, a requisition or a job."""
        number = self._next_number("staffing entity")
        kinds = ("POSITION", "REQUISITION", "JOB", None)
        statuses = ("OPEN_LIMITED", "OPEN_UNLIMITED", "PENDING", "FROZEN", "FILLED", "CLOSED", None)
        full = {"remote_label": "Vollzeit", "unified_type": "FULL_TIME"}
        types: tuple[list[Values] | None, ...] = (
            [full],
            [full, {"remote_label": "Mini job", "unified_type": None}],
            [],
            None,
        )
        return {
            "name": self._turn("staffing", (*_JOBS, None)),
            "model_type": self._turn("model type", kinds),
            "description": self._mostly("staffing text", self._one(self._pools.sentences)),
            "status": self._turn("staffing status", statuses),
            "employment_types": self._turn("staffing types", types),
            "number_of_openings": self._turn("openings", (1, 3, None)),
            "remote_url": self._mostly("url", f"{self._site}/positions/{number}", every=4),
            **self._remote_times(),
            "remote_created_at": self._mostly("opened", stamp(self._world.now())),
            **self._extra_fields("hris_staffing_entities", "budget"),
        }

    def document_category(self) -> Values:
        """A kind of documents about an employee."""
        return {"name": self._turn("document", ("Contract", "Certificate", "Payslip", None))}

    def skill(self) -> Values:
        """A skill, with the scale on which it is rated."""
        name = self._turn("skill", SKILLS)
        scale_id = derive_id(self._id, "scale", name)
        options = [
            {"id": derive_id(scale_id, level), "remote_id": level.lower(), "name": level}
            for level in LEVELS
        ]
        common = {"id": scale_id, "remote_id": name.lower()}
        scales = (
            common | {"type": "SINGLE_SELECT", "ordered_options": options},
            common | {"type": "NUMERIC", "min": 1, "max": 5, "step": 1},
        )
        return {
            "name": name,
            "description": self._mostly("skill text", self._one(self._pools.sentences), every=3),
            "ordered_levels": self._turn("levels", (list(LEVELS), list(LEVELS), None)),
            "proficiency_scale": self._turn("scale", scales),
        }

    def skill_assignment(self) -> Values:
        """How well an employee does something."""
        return {"current_level": self._turn("level", (*LEVELS, None))}

    def pay_run(self) -> Values:
        """The payroll of a month."""
        end = self._world.now() // DAY
        return {
            "start_date": self._mostly("run start", _plain(end - 30), every=4),
            "end_date": self._mostly("run end", _plain(end), every=5),
            "totals": self._totals(100_000),
        }

    def payslip(self) -> Values:
        """What an employee was paid for a month."""
        return {"totals": self._totals(4_000)}

    def line_item(self) -> Values:
        """One line of a payslip."""
        return {
            "name": self._turn("line", ("Base pay", "Bonus", "Income tax", None)),
            "amount": self._turn("line amount", (_money(4_000), _money(250.5), _money(-900), None)),
        }

    def _totals(self, gross: float) -> Values:
        return {
            "gross_pay": self._mostly("gross", _money(gross)),
            "net_pay": self._mostly("net", _money(gross * 0.6), every=4),
            "paid_amount": self._turn("paid", (_money(gross * 0.6), None)),
        }

    def _next_number(self, what: str) -> int:
        self._turns[what] += 1
        return self._turns[what]


def _plain(day: int) -> str:
    """A calendar day without a time, from days since 1970."""
    return stamp(day * DAY)[:10]


def _money(value: float) -> Values:
    return {"currency": "EUR", "value": value}


def _german_account(number: int, holder: str) -> Values:
    return {
        "iban": f"DE00 0000 0000 0000 00{number:04}",
        "bic": "EXAMDE00XXX",
        "account_number": f"000000{number:04}",
        "holder_name": holder,
        "bank_name": "Example Bank",
        "domestic_bank_routing": {"number": "00000000", "type": "DE_BANKLEITZAHL"},
    }


def _british_account(number: int) -> Values:
    return {
        "iban": None,
        "bic": None,
        "account_number": f"0000{number:04}",
        "holder_name": None,
        "bank_name": None,
        "domestic_bank_routing": {"number": "000000", "type": None},
    }
