"""Which counts of people add up to which: a table, in words that `accounts` reads.

A count is named `ANALYSIS/outcome/diagnostic` for the value of a diagnostic, and
`ANALYSIS/outcome/term.n_people` (or `.n_rows`, `.n_events`) for a count beside an estimate or a diagnostic.
Here names are regular expressions; what is captured under one name (wave, measure, arm) must agree among the
counts of one sum. A sum that does not hold in the numbers at hand is no sum, and is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

from models.missing.due_and_came import ALL, FATES, NOT_DUE

ARMS: Final = ("social", "clinical")
KINDS: Final = (*ARMS, "mixed")
OF_THE_DUE: Final = tuple(dict.fromkeys(fate for fate in FATES.values() if fate not in NOT_DUE))
DIARY: Final = (  # one number for each analysis that asks the same people every evening
    ("W1/meaningfulness", "recovery_identity_within"), ("W3/craving", "any_recovery_identity_within"),
    ("W4/meaningfulness", "yesterday_recovery_identity_within"),
    ("P1/evening_without_craving", "peer_hours_within_per_sd"),
)  # fmt: skip

_WAVE: Final = r"(?P<wave>month_\d+)"
_MEASURE: Final = r"(?P<measure>\w+?)"
_ARM: Final = r"(?P<arm>social|clinical)"
_ANY: Final = r"\w+"  # the same people whatever the outcome
_COMPARED: Final = "social_minus_clinical"
_UNADJUSTED: Final = f"unadjusted_{_COMPARED}"
_SCALE: Final = "smps_total_per_10_points"
_END: Final = rf"(?P<end>|{'|'.join(f'_in_{kind}_programs' for kind in KINDS)})"
# Of a network: people with a tie, pairs with one, mutual pairs and one-sided ones; people who both give and
# receive, and who do one of the two.
_OF_TIES: Final = (
    ("reciprocity", r"\.n_people"), ("reciprocity", r"\.n_rows"), ("reciprocity", r"\.n_events"),
    ("share_give_and_receive", r"\.n_events"), ("one_sided", ""), ("one_alone", ""),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Adds:
    """Parts add up to a whole.

    `rest` names people of the whole in none of the parts, whom no row counts; empty where there are none. A
    whole that no row counts either is worked out from its parts: an attacker knows it if it is `known`.
    """

    whole: str
    parts: tuple[str, ...]
    rest: str = ""
    known: bool = False

    @property
    def worked_out(self) -> bool:
        """Whether no row counts the whole."""
        return self.whole.endswith("/everybody")


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share of a whole: shown with both of its counts or not at all."""

    share: str
    whole: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Less:
    """A count that no row shows and that other sums speak of: those of a whole who are not of a part."""

    name: str
    whole: str
    part: str


# One count in several places; merged where the numbers agree.
SAME: Final = (
    (rf"C1/{_WAVE}/due_{_WAVE}_{ALL}", rf"C1/{_WAVE}/people_due"),
    (rf"C1/{_WAVE}/people_compared", rf"C1/{_ANY}_{_WAVE}/{_COMPARED}\.n_people"),
    (rf"C2/{_ANY}_{_WAVE}/total\.n_people",),
    (
        rf"C3/{_ANY}_{_WAVE}/{_SCALE}\.n_people", rf"R1/{_ANY}/due_{_WAVE}",
        rf"R1/{_ANY}/change_{_WAVE}\.n_people",
    ),
    (rf"R1/{_ANY}/people_measured_twice_{_WAVE}",),
    (rf"R1/{_MEASURE}/scored_{_WAVE}", rf"R1/{_MEASURE}/change_{_WAVE}\.n_rows"),
    (rf"V2/{_ANY}/due_{_WAVE}", rf"V2/{_ANY}/\w+_to_\w+?_{_WAVE}\.n_people"),
    (rf"V2/{_ANY}/answered_{_WAVE}", rf"V2/{_ANY}/\w+_to_\w+?_{_WAVE}\.n_rows"),
    (r"P1/\w+/people_with_hours", r"P1/\w+/peer_hours_within_per_sd\.n_people"),
    (r"P1/\w+/people_interviewed_after_diary", r"P1/\w+/peer_hours_per_sd\.n_people"),
    (r"H1/(?P<o>\w+)/people_at_landmark", r"H1/(?P<o>\w+)/helping\.n_people"),
    (r"S1/(?P<o>\w+)/within_\w+\.n_people",),
    (r"J1/(?P<o>\w+)/within_\w+\.n_people",),
    # Beside each number on a network stand its people with a tie; beside each number on pairs, the pairs.
    (
        rf"M1/{_WAVE}/reciprocity{_END}\.n_people",
        rf"M1/{_WAVE}/share_give_and_receive{_END}\.n_rows",
        rf"M1/{_WAVE}/(?!sensitivity_)[a-z_]+?{_END}\.n_people",
        rf"M1/{_WAVE}/sensitivity_reciprocity_beyond_chance{_END}_[a-z_]+\.n_people",
    ),
    (rf"M1/{_WAVE}/(reciprocity|reciprocity_beyond_chance|balance_spread|in_service_index){_END}\.n_rows",),
    (rf"M1/{_WAVE}/reciprocity(_beyond_chance)?{_END}\.n_events",),
    (rf"C3/{_ANY}_{_WAVE}/{_SCALE}\.n_people", rf"M1/{_WAVE}/people_due"),
)  # fmt: skip

ADDS: Final = (
    # Who was due at a wave, and what became of them, by kind of program.
    *(
        Adds(
            whole=rf"C1/{_WAVE}/due_{_WAVE}_{arm}",
            parts=tuple(rf"C1/{_WAVE}/{fate}_{_WAVE}_{arm}" for fate in OF_THE_DUE),
        )
        for arm in (ALL, *ARMS)
    ),
    *(
        Adds(
            whole=rf"C1/{_WAVE}/{fate}_{_WAVE}_{ALL}",
            parts=tuple(rf"C1/{_WAVE}/{fate}_{_WAVE}_{arm}" for arm in ARMS),
        )
        for fate in ("due", *OF_THE_DUE, *NOT_DUE)
    ),
    # Who is due, not due yet or died at a wave is everybody of the kind, whom tables of the release count.
    *(
        Adds(
            whole=f"C1/{arm}/everybody", known=True,
            parts=tuple(rf"C1/{_WAVE}/{fate}_{_WAVE}_{arm}" for fate in ("due", *NOT_DUE)),
        )
        for arm in (ALL, *ARMS)
    ),
    # Who was compared; of them, and of those who came, who answered.
    Adds(whole=rf"C1/{_WAVE}/people_due", parts=(rf"C1/{_WAVE}/people_compared",), rest="trimmed"),
    Adds(whole=rf"C1/{_WAVE}/due_{_WAVE}_{_ARM}", parts=(rf"C1/{_WAVE}/kept_{_ARM}",), rest="trimmed"),
    Adds(whole=rf"C1/{_WAVE}/people_compared", parts=tuple(rf"C1/{_WAVE}/kept_{arm}" for arm in ARMS)),
    Adds(
        whole=rf"C1/{_WAVE}/came_{_WAVE}_{ALL}",
        parts=(rf"C1/{_MEASURE}_{_WAVE}/{_UNADJUSTED}\.n_people",), rest="without an answer",
    ),
    *(
        Adds(whole=whole, parts=(rf"C1/{_MEASURE}_{_WAVE}/{_COMPARED}\.n_rows",), rest="not among them")
        for whole in (
            rf"C1/{_WAVE}/people_compared", rf"C1/{_MEASURE}_{_WAVE}/{_UNADJUSTED}\.n_people",
        )
    ),
    *(
        Adds(whole=whole, parts=(rf"C2/{_ANY}_{_WAVE}/total\.n_people",), rest="not in C2")
        for whole in (rf"C1/{_WAVE}/people_due", rf"C1/{_WAVE}/people_compared")
    ),
    *(
        Adds(whole=whole, parts=(rf"C2/{_MEASURE}_{_WAVE}/total\.n_rows",), rest="not in C2")
        for whole in (
            rf"C2/{_MEASURE}_{_WAVE}/total\.n_people", rf"C1/{_MEASURE}_{_WAVE}/{_UNADJUSTED}\.n_people",
            rf"C1/{_MEASURE}_{_WAVE}/{_COMPARED}\.n_rows",
        )
    ),
    # All kinds of programs less two of them are people of mixed ones.
    Adds(
        whole=rf"C3/{_ANY}_{_WAVE}/{_SCALE}\.n_people", parts=(rf"C1/{_WAVE}/people_due",), rest="mixed",
    ),
    Adds(
        whole=rf"C3/{_MEASURE}_{_WAVE}/{_SCALE}\.n_people",
        parts=(rf"C3/{_MEASURE}_{_WAVE}/{_SCALE}\.n_rows",), rest="without an answer",
    ),
    Adds(
        whole=rf"C3/{_MEASURE}_{_WAVE}/{_SCALE}\.n_rows",
        parts=(rf"C1/{_MEASURE}_{_WAVE}/{_UNADJUSTED}\.n_people",), rest="mixed",
    ),
    # Due, interviewed, scored at entry as well; of these better, worse and about the same.
    Adds(
        whole=rf"R1/{_MEASURE}/due_{_WAVE}", parts=(rf"R1/{_ANY}/people_measured_twice_{_WAVE}",),
        rest="not interviewed",
    ),
    Adds(
        whole=rf"R1/{_MEASURE}/people_measured_twice_{_WAVE}", parts=(rf"R1/{_MEASURE}/scored_{_WAVE}",),
        rest="not scored",
    ),
    Adds(
        whole=rf"R1/{_MEASURE}/due_{_WAVE}", parts=(rf"R1/{_MEASURE}/scored_{_WAVE}",), rest="not scored",
    ),
    Adds(
        whole=rf"C3/{_MEASURE}_{_WAVE}/{_SCALE}\.n_rows", parts=(rf"R1/{_MEASURE}/scored_{_WAVE}",),
        rest="not scored at entry",
    ),
    Adds(
        whole=rf"R1/{_MEASURE}/scored_{_WAVE}",
        parts=tuple(rf"R1/{_MEASURE}/reliably_{way}_{_WAVE}\.n_events" for way in ("better", "worse")),
        rest="about the same",
    ),
    Adds(whole=rf"R1/{_ANY}/due_{_WAVE}", parts=(rf"V2/{_ANY}/due_{_WAVE}",), rest="not due before"),
    Adds(whole=rf"V2/{_ANY}/due_{_WAVE}", parts=(rf"V2/{_ANY}/answered_{_WAVE}",), rest="without an answer"),
    Adds(
        whole=r"V2/(?P<o>\w+)/(?P<term>[a-z]+_to_[a-z]+)\.n_rows",
        parts=tuple(rf"V2/{_ANY}/answered_{wave}" for wave in ("month_6", "month_12")),
    ),
    # The diary: an analysis that drops nobody counts everybody.
    *(
        Adds(whole="diary/everybody", parts=(rf"{of}/{term}\.n_people", f"{of}/people_dropped"))
        for of, term in DIARY
    ),
    Adds(
        whole=r"P1/\w+/people_with_hours", parts=(r"P1/\w+/people_interviewed_after_diary",),
        rest="not interviewed",
    ),
    # Groups, and whom nobody asked which they are of.
    Adds(
        whole=r"Q1/(?P<o>\w+)/crossing_years\.n_people",
        parts=tuple(
            rf"Q1/(?P<o>\w+)/crossing_years_{group}\.n_people" for group in ("with_center", "without_center")
        ),
        rest="of neither group",
    ),
    Adds(
        whole=r"H1/(?P<o>\w+)/people_at_landmark",
        parts=tuple(rf"H1/(?P<o>\w+)/{group}_12_months\.n_people" for group in ("helpers", "others")),
    ),
    # Whose interview was due in a house, who of those asked has a tie; by kind of program, where one told or
    # held back is all less the others.
    Adds(whole=rf"C3/{_ANY}_{_WAVE}/{_SCALE}\.n_people", parts=(rf"M1/{_WAVE}/people_due",), rest="no house"),
    Adds(
        whole=rf"R1/{_ANY}/people_measured_twice_{_WAVE}", parts=(rf"M1/{_WAVE}/reciprocity\.n_people",),
        rest="no tie",
    ),
    *(
        Adds(
            whole=rf"M1/{_WAVE}/{term}{counted}",
            parts=tuple(rf"M1/{_WAVE}/{term}_in_{kind}_programs{counted}" for kind in kinds),
            rest="" if kinds == KINDS else "of other kinds",
        )
        for term, counted in _OF_TIES
        for many in (3, 2, 1)
        for kinds in combinations(KINDS, many)
    ),
    # People followed and people left out, by reason, are everybody, whom tables of the release count.
    Adds(
        whole="H1/everybody", known=True,
        parts=tuple(rf"H1/(?P<o>\w+)/people_{which}" for which in (
            "at_landmark", "without_known_program", "died_in_treatment", "still_in_treatment",
            "lost_before_landmark", "without_landmark", "without_record_of_use", "used_before_landmark",
            "not_followed_after_landmark", "without_helping_score",
        )),
    ),
    Adds(
        whole="S1/everybody", known=True,
        parts=(r"S1/(?P<o>\w+)/within_1_year\.n_people", *(rf"S1/(?P<o>\w+)/people_{which}" for which in (
            "without_record", "never_in_program", "over_before_entry",
        ))),
    ),
    # Who died is who was still followed, and who died before the next interview would have come.
    Adds(
        whole=r"S1/(?P<o>\w+)/died_before_within_5_years\.n_people",
        parts=(r"S1/(?P<o>\w+)/people_died_before_next_contact",), rest="died while followed",
    ),
    Adds(
        whole="J1/everybody", known=True,
        parts=(r"J1/(?P<o>\w+)/within_1_year\.n_people", *(rf"J1/(?P<o>\w+)/people_{which}" for which in (
            "before_curve", "without_release", "without_last_covered_day", "released_after_last_covered_day",
            "never_in_program", "returned_before_entry", "censored_before_entry",
        ))),
    ),
    Adds(
        whole="Q1/everybody", known=True,
        parts=(
            r"Q1/(?P<o>\w+)/crossing_years\.n_people", r"Q1/(?P<o>\w+)/general_population_mean\.n_people",
            *(rf"Q1/(?P<o>\w+)/people_dropped_{which}_missing" for which in (
                "answer", "problem", "weight", "years",
            )),
        ),
    ),
)  # fmt: skip

LESS: Final = (
    Less(
        name=rf"M1/{_WAVE}/one_sided{_END}",
        whole=rf"M1/{_WAVE}/reciprocity{_END}\.n_rows", part=rf"M1/{_WAVE}/reciprocity{_END}\.n_events",
    ),
    Less(
        name=rf"M1/{_WAVE}/one_alone{_END}",
        whole=rf"M1/{_WAVE}/reciprocity{_END}\.n_people",
        part=rf"M1/{_WAVE}/share_give_and_receive{_END}\.n_events",
    ),
)  # fmt: skip

SHARES: Final = (
    Share(
        share=rf"C1/{_WAVE}/follow_up_rate_{_WAVE}_(?P<arms>all|social|clinical)",
        whole=rf"C1/{_WAVE}/due_{_WAVE}_(?P<arms>all|social|clinical)",
        part=rf"C1/{_WAVE}/came_{_WAVE}_(?P<arms>all|social|clinical)",
    ),
    Share(
        share=rf"C1/{_WAVE}/share_kept_{_ARM}", whole=rf"C1/{_WAVE}/due_{_WAVE}_{_ARM}",
        part=rf"C1/{_WAVE}/kept_{_ARM}",
    ),
    Share(
        share=rf"R1/{_MEASURE}/follow_up_rate_{_WAVE}", whole=rf"R1/{_MEASURE}/due_{_WAVE}",
        part=rf"R1/{_MEASURE}/scored_{_WAVE}",
    ),
    Share(
        share=rf"V2/{_MEASURE}/follow_up_rate_{_WAVE}", whole=rf"V2/{_MEASURE}/due_{_WAVE}",
        part=rf"V2/{_MEASURE}/answered_{_WAVE}",
    ),
)  # fmt: skip

# Counts that say least to a reader: they go before a greater loss.
YIELDS_FIRST: Final = (
    rf"R1/{_ANY}/people_measured_twice_{_WAVE}",
    rf"C[123]/{_ANY}_{_WAVE}/({_COMPARED}|total|{_SCALE})\.n_rows",
    rf"M1/{_WAVE}/people_due",
)
