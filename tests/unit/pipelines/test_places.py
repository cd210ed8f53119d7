"""Which random ids were drawn changes nothing that an analysis reads."""

import random

import polars as pl
import pytest

from pipelines.cleaning.crosswalk import Crosswalk
from pipelines.codebook.spec import Codebook
from pipelines.places import in_order, places

NAMES = {"participants": "core.participants", "support_ties": "core.support_ties"}
PEOPLE = [f"SYN-{number:02}" for number in range(1, 9)]


def world(seed: int) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """One delivery under random ids of its own, as the warehouse hands it over: in the order of those ids."""
    crosswalk, ids = Crosswalk().ids_for(
        "participant_id", "demo", pl.Series("participant_id", PEOPLE),
        random_bytes=random.Random(seed).randbytes,
    )  # fmt: skip
    people = pl.DataFrame({"participant_id": ids, "onset_age": [float(age) for age in range(20, 28)]})
    ties = pl.DataFrame({
        "wave": ["month_6"] * 4, "giver_id": ids.gather([0, 5, 2, 7]),
        "receiver_id": ids.gather([1, 0, 6, 3]), "support_kind": ["advice"] * 4,
    })  # fmt: skip
    origins = pl.DataFrame({"participant_id": ids, "origin_date": list(range(8))})
    tables = {"participants": people, "support_ties": ties, "origins": origins}
    return {name: frame.sort(frame.columns[:2]) for name, frame in tables.items()}, crosswalk.frame


def test_two_sites_with_other_random_ids_give_an_analysis_the_same_rows_in_the_same_order(codebook: Codebook):
    (here, mine), (there, theirs) = world(1), world(2)
    assert not here["participants"].equals(there["participants"])
    ours, others = (
        in_order(tables, places(crosswalk), codebook, NAMES)
        for tables, crosswalk in ((here, mine), (there, theirs))
    )
    assert all(ours[name].equals(others[name]) for name in ours)


def test_rows_stay_whole_and_ties_join_the_people_they_are_of(codebook: Codebook):
    tables, crosswalk = world(3)
    ordered = in_order(tables, places(crosswalk), codebook, NAMES)
    assert ordered["participants"]["onset_age"].to_list() == list(range(20, 28))
    assert ordered["origins"]["origin_date"].to_list() == list(range(8))
    assert set(ordered["support_ties"]["giver_id"]) <= set(ordered["participants"]["participant_id"])


@pytest.mark.parametrize("kind", ["participant_id", "event_id"])
def test_every_random_id_has_a_place_of_its_own_over_all_populations(kind: str):
    crosswalk = Crosswalk()
    for population in ("demo", "trial"):
        crosswalk, _ = crosswalk.ids_for(kind, population, pl.Series("identifier", PEOPLE))
    found = places(crosswalk.frame)
    assert found["place"].n_unique() == 16
    assert found["place"].str.len_chars().unique().to_list() == [10]
