"""What the codebook says of the study: complete, in words, and true to the contract page and its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.codebook import load_codebook
from pipelines.codebook.spec import Codebook, Table, Variable
from pipelines.recipes import RECIPES

CONTRACT = Path(__file__).parents[4] / "docs" / "architecture.md"
MARKS = {"verified", "verified_second_hand", "derived"}
PLACEHOLDER = re.compile(r"\b(todo|tbd|fixme|xxx|lorem|placeholder)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def codebook() -> Codebook:
    return load_codebook()


def _contract_rows(heading: str) -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield name, key and variables of each row of the table under a heading of the contract page."""
    section = CONTRACT.read_text(encoding="utf-8").split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    for row in rows:
        name, key, variables = (re.sub(r"\([^)]*\)", "", cell) for cell in _cells(row))
        yield name.strip(), _names(key), _names(variables)


def _cells(row: str) -> list[str]:
    return row.strip().strip("|").split("|")


def _names(cell: str) -> list[str]:
    return [name.strip() for name in cell.split(",") if name.strip()]


CORE = list(_contract_rows("Core tables"))
OTHERS = list(_contract_rows("Results, reference and catalog tables"))


def _sentences(codebook: Codebook) -> Iterator[tuple[str, str]]:
    """Yield every text that a reader meets as an explanation, with its place."""
    for name, variable in codebook.variables.items():
        yield f"variable {name}", variable.description
    for full_name, table in codebook.tables.items():
        yield f"table {full_name}", table.description
        yield from ((f"warning of {full_name}", warning) for warning in table.usage_warnings)
    for name, instrument in codebook.instruments.items():
        yield f"instrument {name}", instrument.description
        yield from ((f"warning of {name}", warning) for warning in instrument.usage_warnings)
    for name, analysis in codebook.analyses.items():
        for field in ("question", "estimand", "method", "not_said"):
            yield f"{field} of {name}", getattr(analysis, field)
    for code, sentence in (codebook.missing_reasons | codebook.refusal_reasons).items():
        yield f"reason {code}", sentence


def _released(codebook: Codebook) -> Iterator[tuple[Table, Variable]]:
    for table in codebook.tables.values():
        if table.released:
            yield from ((table, variable) for variable in codebook.variables_of(table))


def test_the_contract_page_is_read_whole() -> None:
    assert len(CORE) == 14
    assert len(OTHERS) == 20
    assert all(key for _, key, _ in CORE + OTHERS)


@pytest.mark.parametrize(("name", "key", "rest"), CORE, ids=[name for name, _, _ in CORE])
def test_core_tables_are_those_of_the_contract_page(
    codebook: Codebook, name: str, key: list[str], rest: list[str]
) -> None:
    table = codebook.table(f"core.{name}")
    assert table.primary_key == key
    assert table.variables == [*key, *rest, "source", "delivered_quarter"]
    assert table.partitioned
    assert {"source", "delivered_quarter"} <= set(table.required)


@pytest.mark.parametrize(("full_name", "key", "rest"), OTHERS, ids=[name for name, _, _ in OTHERS])
def test_results_reference_and_catalog_tables_are_those_of_the_contract_page(
    codebook: Codebook, full_name: str, key: list[str], rest: list[str]
) -> None:
    table = codebook.table(full_name)
    assert table.primary_key == key
    assert table.variables == [*key, *rest]
    assert not table.partitioned


def test_there_is_no_table_that_the_contract_page_does_not_name(codebook: Codebook) -> None:
    named = {f"core.{name}" for name, _, _ in CORE} | {name for name, _, _ in OTHERS}
    assert set(codebook.tables) - named == {
        "restricted.crosswalk",
        "restricted.quarantine",
        "restricted.diary_sums",
    }


def test_ranges_on_the_contract_page_are_those_of_the_variables(codebook: Codebook) -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    stated = re.findall(r"(\w+) \((?:all )?(\d+) to (\d+)\)", text)
    assert len(stated) >= 8
    for name, low, high in stated:
        variable = codebook.variables[name]
        assert (variable.minimum, variable.maximum) == (float(low), float(high)), name


def test_restricted_tables_and_who_helped_whom_are_never_released(codebook: Codebook) -> None:
    for table in codebook.tables.values():
        kept_back = table.layer == "restricted" or table.full_name == "core.support_ties"
        assert table.released != kept_back, table.full_name


def test_one_restricted_variable_stands_in_a_released_table_and_says_that_it_is_not_released(
    codebook: Codebook,
) -> None:
    kept_back = {f"{t.full_name}.{v.name}": v for t, v in _released(codebook) if v.sensitivity != "public"}
    assert set(kept_back) == {"core.diary_days.evening_day"}
    assert all("Not released" in variable.description for variable in kept_back.values())
    assert {variable.sensitivity for variable in kept_back.values()} == {"restricted"}


def test_what_might_point_to_a_person_is_marked_and_can_be_withheld(codebook: Codebook) -> None:
    marked = {v.name for v in codebook.variables.values() if v.quasi_identifying}
    about_people = set(codebook.table("core.participants").variables)
    unmarked = about_people - marked - {"participant_id", "population", "source", "delivered_quarter"}
    assert unmarked == set()
    assert {"county_fips", "program_id", "exit_reason", "referral_source", "severity"} <= marked
    assert {v.sensitivity for v in codebook.variables.values() if v.quasi_identifying} == {"public"}
    assert not any(v.crosswalk for v in codebook.variables.values() if v.quasi_identifying)


def test_every_id_of_a_person_is_random_and_points_to_a_participant(codebook: Codebook) -> None:
    random = {v.name for v in codebook.variables.values() if v.crosswalk}
    assert random == {"participant_id", "giver_id", "receiver_id", "episode_id", "event_id"}
    for table in codebook.tables_in("core"):
        pointing = {c for key in table.foreign_keys if key.table == "participants" for c in key.columns}
        people = {name for name in table.variables if name in {"participant_id", "giver_id", "receiver_id"}}
        assert pointing == (people if table.name != "participants" else set()), table.full_name


def test_days_are_offsets_and_no_released_core_variable_is_a_date(codebook: Codebook) -> None:
    offsets = {v.name for v in codebook.variables.values() if v.day_offset}
    assert offsets == {
        "entry_day", "exit_day", "assessment_day", "event_day", "extract_day", "evening_day", "day_observed",
    }  # fmt: skip
    for table in codebook.tables_in("core"):
        assert not [v.name for v in codebook.variables_of(table) if v.type == "timestamp"], table.full_name


def test_every_explanation_is_a_sentence_of_its_own(codebook: Codebook) -> None:
    for place, text in _sentences(codebook):
        assert len(text.split()) >= 4, place
        assert text.rstrip()[-1] in ".?", place
        assert text[0].isupper() or text[0].isdigit(), place
        assert not PLACEHOLDER.search(text), place


def test_no_two_variables_are_described_by_the_same_words(codebook: Codebook) -> None:
    seen: dict[str, str] = {}
    for name, variable in codebook.variables.items():
        first = seen.setdefault(variable.description, name)
        assert first == name, f"{name} is described like {first}"


def test_codes_are_readable_text_and_labels_are_not_booleans(codebook: Codebook) -> None:
    code = re.compile(r"^(?=.*[a-z])[a-z0-9_]+$")
    for name, variable in codebook.variables.items():
        for value, label in (variable.values or {}).items():
            assert code.match(value), f"{name}: {value}"
            assert label.strip(), f"{name}: {value}"
    for reason in (*codebook.missing_reasons, *codebook.refusal_reasons):
        assert code.match(reason), reason


def test_numbers_that_people_give_have_a_unit_and_a_range(codebook: Codebook) -> None:
    for table in codebook.tables_in("core"):
        for variable in codebook.variables_of(table):
            if variable.type in ("integer", "number"):
                assert variable.unit, variable.name
                open_ended = {"dollars", "client_weeks", "answer"}
                bounded = variable.minimum is not None and variable.maximum is not None
                assert bounded or variable.day_offset or variable.name in open_ended, variable.name


def test_every_banded_variable_takes_every_number_of_its_range(codebook: Codebook) -> None:
    banded = [v for v in codebook.variables.values() if v.bands is not None]
    assert {v.name for v in banded} >= {"age_band", "education"}
    for variable in banded:
        assert variable.bands is not None
        assert variable.bands[0] == variable.minimum, variable.name
        assert variable.maximum is not None and variable.bands[-1] < variable.maximum, variable.name


def test_diary_and_civic_questions_are_written_out(codebook: Codebook) -> None:
    answered = {"recovery_identity", "meaningfulness", "craving", "attended_meeting", "visited_center"}
    answered |= {"peer_hours", "meaningful_hours", "help_given", "help_received", "civic_item", "held"}
    for name in answered:
        assert (codebook.variables[name].question or "").endswith("?"), name


def test_every_score_has_the_possible_range_of_its_instrument(codebook: Codebook) -> None:
    for name, instrument in codebook.instruments.items():
        score = codebook.variables[instrument.score]
        assert (score.minimum, score.maximum) == instrument.score_range, name
        assert score.instrument == name, name


@pytest.mark.parametrize(
    ("name", "n_items", "score_range", "cutoff"),
    [
        ("barc10", 10, (10, 60), 47),
        ("eurohis_qol8", 8, (1, 5), None),
        ("k6", 6, (0, 24), 13),
        ("sos", 12, (12, 60), 40),
        ("rhes", 8, (1, 5), None),
        ("recovery_capital_social", 7, (0, 100), None),
        ("recovery_capital_personal", 8, (0, 100), None),
        ("recovery_capital_cultural", 6, (0, 100), None),
    ],
)
def test_scored_instruments_have_their_published_shape(
    codebook: Codebook, name: str, n_items: int, score_range: tuple[float, float], cutoff: float | None
) -> None:
    instrument = codebook.instruments[name]
    assert len(instrument.items) == n_items
    assert [item.name for item in instrument.items] == [f"{name}_{n}" for n in range(1, n_items + 1)]
    assert instrument.score_range == score_range
    assert instrument.cutoff == cutoff
    assert (instrument.cutoff is None) == (instrument.cutoff_label is None)
    assert instrument.minimum_answered >= 0.8 * n_items


def test_own_short_forms_say_that_they_are_not_validated(codebook: Codebook) -> None:
    for domain in ("social", "personal", "cultural"):
        instrument = codebook.instruments[f"recovery_capital_{domain}"]
        assert any("Not validated" in warning for warning in instrument.usage_warnings)
        assert all(item.text for item in instrument.items)


def test_item_names_belong_to_one_instrument_only(codebook: Codebook) -> None:
    names = [item.name for instrument in codebook.instruments.values() for item in instrument.items]
    assert len(names) == len(set(names))


def test_wording_is_printed_only_where_it_is_free(codebook: Codebook) -> None:
    free = ("Free to use", "Freely available")
    for name, instrument in codebook.instruments.items():
        if any(item.text for item in instrument.items):
            assert instrument.licence.startswith(free), name


def test_every_reference_row_has_a_source_and_an_allowed_mark(codebook: Codebook) -> None:
    for full_name in ("published_estimates", "population_norms", "unit_values", "price_index"):
        rows = codebook.reference_rows[f"reference.{full_name}"]
        assert rows, full_name
        for row in rows:
            assert row["mark"] in MARKS, row
            assert str(row["source_url"]).startswith(("https://", "http://")), row
            assert " " not in str(row["source_url"]), row


# Press pages and summaries of others' studies: a figure read there is second hand.
SECOND_HAND = (
    "shu.ac.uk", "getintorecovery.com", "lifering.org", "facesandvoicesofrecovery.org", "kshb.com",
    "krcgtv.com", "ktrs.com", "lascrucesdigest.com", "globenewswire.com", "usafacts.org",
    "columbiamissourian.com", "corrections1.com", "thenonprofittimes.com", "philanthropynewsdigest.org",
    "myforefront.org", "civmetrics.com", "/press-release/", "statinvestor.com", "inflationdata.com",
)  # fmt: skip


def test_a_figure_read_in_the_press_or_in_a_summary_is_marked_second_hand(codebook: Codebook) -> None:
    rows = [row for rows in codebook.reference_rows.values() for row in rows if "mark" in row]
    met = {place for place in SECOND_HAND for row in rows if place in str(row["source_url"])}
    assert met == set(SECOND_HAND)
    for row in rows:
        if any(place in str(row["source_url"]) for place in SECOND_HAND):
            assert row["mark"] != "verified", row


def test_a_figure_published_in_words_says_that_its_value_is_a_bound_or_round(codebook: Codebook) -> None:
    rows = codebook.reference_rows["reference.published_estimates"]
    in_words = [
        row for row in rows if "in words" in str(row.get("note")) or "or more." in str(row.get("note"))
    ]
    assert len(in_words) > 8
    assert all(row.get("value_is") in ("at_least", "about") for row in in_words)
    doubled = [
        row for row in rows if str(row.get("note")).startswith("Published in words: more than doubled")
    ]
    assert [row["value_is"] for row in doubled] == ["at_least"]


def test_missouris_rates_of_an_event_not_stated_stand_beside_no_measure_of_ours(codebook: Codebook) -> None:
    rows = {str(row["benchmark_id"]): row for row in codebook.reference_rows["reference.published_estimates"]}
    for name in ("missouri_2024_note_3y", "missouri_2011_report"):
        assert rows[name]["outcome"] == "recidivism_not_defined"
    measures = set(codebook.variables["justice_measure"].values or {})
    assert "recidivism_not_defined" not in measures


def test_every_reference_row_fits_its_table(codebook: Codebook) -> None:
    for full_name, rows in codebook.reference_rows.items():
        table = codebook.table(full_name)
        for row in rows:
            assert set(row) <= set(table.variables), f"{full_name}: {row}"
            assert all(row.get(name) is not None for name in table.not_null), f"{full_name}: {row}"
        keys = [tuple(row[name] for name in table.primary_key) for row in rows]
        assert len(keys) == len(set(keys)), full_name


def test_derived_figures_show_their_arithmetic(codebook: Codebook) -> None:
    for full_name in ("reference.published_estimates", "reference.unit_values"):
        derived = [row for row in codebook.reference_rows[full_name] if row["mark"] == "derived"]
        assert derived, full_name
        for row in derived:
            assert re.search(r"\d.*[-+/*]|[-+/*].*\d|\d+ people x \d+", str(row.get("note", ""))), row


def test_probabilities_and_errors_of_published_figures_are_possible(codebook: Codebook) -> None:
    for row in codebook.reference_rows["reference.published_estimates"]:
        if row["scale"] in ("probability", "proportion", "alpha"):
            assert 0 <= float(str(row["value"])) <= 1, row
        assert float(str(row.get("std_error", 0))) >= 0, row


def test_the_analyses_here_are_described_and_have_published_company(codebook: Codebook) -> None:
    assert set(codebook.analyses) == set(RECIPES)
    for analysis in codebook.analyses.values():
        assert analysis.methods_page is not None
        assert (CONTRACT.parents[1] / analysis.methods_page).is_file(), analysis.methods_page
    rows = codebook.reference_rows["reference.published_estimates"]
    beside = {(row["analysis"], row["outcome"], row["term"]) for row in rows}
    assert ("W1", "meaningfulness", "recovery_identity_within") in beside
    assert ("W1", "meaningfulness", "recovery_identity_between") in beside
    for when in ("by_attended_meeting", "within_meeting_day", "within_no_meeting_day", "by_visited_center"):
        assert ("W2", "meaningfulness", f"recovery_identity_{when}") in beside
    assert ("W3", "craving", "any_recovery_identity_within") in beside
    assert ("V1", "volunteered", "recovery") in beside
    assert ("R1", "barc10", "alpha_baseline") in beside
    assert {("J1", "return_to_prison", f"within_{n}_years") for n in (3, 5)} <= beside
    helping = ("helpers_12_months", "others_12_months", "helping")
    assert {("H1", "first_use", term) for term in helping} <= beside


def test_published_civic_figures_speak_of_items_that_are_asked(codebook: Codebook) -> None:
    asked = set(codebook.variables["civic_item"].values or {})
    rows = codebook.reference_rows["reference.published_estimates"]
    assert {row["outcome"] for row in rows if row["analysis"] == "V1"} <= asked


def test_the_slide_figure_is_no_published_estimate_but_is_told_beside_one(codebook: Codebook) -> None:
    rows = codebook.reference_rows["reference.published_estimates"]
    missouri = [row for row in rows if "Missouri" in str(row.get("cohort", ""))]
    assert missouri
    assert all(row["value"] != 0.43 for row in missouri)
    told = [
        row["benchmark_id"]
        for row in rows
        if "slide figure, definition not stated" in str(row.get("note", ""))
    ]
    assert told == ["missouri_2024_note_3y", "pew_2004_national_3y"]


def test_missouri_has_115_counties_with_their_codes(codebook: Codebook) -> None:
    rows = codebook.reference_rows["reference.counties"]
    codes = {str(row["county_fips"]): row["county_name"] for row in rows}
    assert len(rows) == len(codes) == len(set(codes.values())) == 115
    assert all(re.fullmatch(r"29\d{3}", code) for code in codes)
    assert {row["state"] for row in rows} == {"Missouri"}
    known = {"29019": "Boone", "29077": "Greene", "29095": "Jackson", "29186": "Ste. Genevieve"}
    known |= {"29187": "St. Francois", "29189": "St. Louis", "29510": "St. Louis city", "29229": "Wright"}
    assert {code: codes[code] for code in known} == known


def test_prices_of_the_crime_study_can_be_brought_to_2024(codebook: Codebook) -> None:
    index = {
        row["year"]: float(str(row["value"])) for row in codebook.reference_rows["reference.price_index"]
    }
    assert index[2024] / index[2008] == pytest.approx(1.457, abs=0.0005)
    years = {row["dollar_year"] for row in codebook.reference_rows["reference.unit_values"]}
    assert years <= set(index)
