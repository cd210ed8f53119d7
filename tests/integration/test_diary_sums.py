"""The stored sums of the diary in a refreshed site: the second quarter reads its own rows alone."""

from __future__ import annotations

import dagster as dg
import numpy as np
import polars as pl
import pytest

from models.within_person.design.cross_products import CrossProducts
from models.within_person.design.rows import used_rows
from pipelines.codebook import load_codebook
from pipelines.defs.diary_sums import diary_sums_asset
from pipelines.defs.io_manager import WarehouseIOManager
from pipelines.defs.site import Site
from pipelines.deliveries import declared_sources
from pipelines.diary_sums import DAY, DAYS, PERSON, VARIABLE_SETS, merged
from pipelines.partitions import key
from pipelines.settings import Settings
from pipelines.warehouse import DIARY_SUMS, Warehouse

QUARTERS = ("2026Q2", "2026Q3")


def delivered_rows(warehouse: Warehouse, quarter: str) -> int:
    return warehouse.read_where(DAYS, delivered_quarter=quarter).height


def from_all_rows(warehouse: Warehouse, columns: tuple[str, ...]) -> CrossProducts:
    variables = [name for name in columns if "*" not in name]
    rows = used_rows(warehouse.read(DAYS, "2026Q3"), person=PERSON, day=DAY, columns=variables)
    return CrossProducts.from_rows(rows, columns)


def stored_sums(warehouse: Warehouse, columns: tuple[str, ...]) -> CrossProducts:
    return merged(warehouse.read_side_by_side(DIARY_SUMS, "2026Q3"), columns)


def assert_same(found: CrossProducts, expected: CrossProducts) -> None:
    assert found.people.to_list() == expected.people.to_list()
    for name in ("n_rows", "weight", "mean", "comoment"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("columns", VARIABLE_SETS, ids=("W1", "W2"))
def test_after_the_refresh_of_two_quarters_the_stored_sums_are_those_of_all_rows_at_once(demo, columns):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        assert_same(stored_sums(warehouse, columns), from_all_rows(warehouse, columns))


def test_the_refresh_counts_the_rows_it_read_and_those_it_did_not_read_again(demo):
    settings = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(settings.restricted, load_codebook()) as warehouse:
        told = warehouse.read_where("results.diagnostics", analysis="W1", as_of="2026Q3")
        counts = dict(told.select("diagnostic", "value").iter_rows())
        before, now = (delivered_rows(warehouse, quarter) for quarter in QUARTERS)
    assert min(before, now) > 500
    assert counts["diary_rows_read"] == now
    assert counts["diary_rows_not_read"] == before
    assert counts["diary_rows_read_again"] == 0


@pytest.fixture
def summed(site: Settings) -> dg.ExecuteInProcessResult:
    """The sums of the second quarter made again, after the rows of the first have been spoilt."""
    codebook = load_codebook()
    sources = declared_sources(site.data_raw, codebook)
    with Warehouse.open(site.restricted, codebook) as warehouse:
        warehouse.connection.execute(
            f"UPDATE {DAYS} SET recovery_identity = 3, meaningfulness = 97, attended_meeting = true, "
            "visited_center = NOT visited_center WHERE delivered_quarter = '2026Q2'"
        )
        warehouse.connection.execute(f"DELETE FROM {DIARY_SUMS} WHERE delivered_quarter = '2026Q3'")
        held = Site(settings=site, codebook=codebook, sources=sources, held=warehouse)
        with dg.DagsterInstance.ephemeral() as instance:
            return dg.materialize(
                [diary_sums_asset(codebook)],
                partition_key=key("2026Q3"),
                resources={"site": held, "io_manager": WarehouseIOManager(held)},
                instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )


def test_the_second_quarters_sums_are_made_of_its_own_rows_whatever_became_of_the_first_ones(
    demo, site, summed
):
    before = Settings.load(data=demo, published=demo / "published", environment={})
    with Warehouse.look(before.restricted, load_codebook()) as warehouse:
        expected = [from_all_rows(warehouse, columns) for columns in VARIABLE_SETS]
        now = delivered_rows(warehouse, "2026Q3")
    with Warehouse.look(site.restricted, load_codebook()) as warehouse:
        for columns, sums in zip(VARIABLE_SETS, expected, strict=True):
            assert_same(stored_sums(warehouse, columns), sums)
            assert not np.allclose(from_all_rows(warehouse, columns).mean, sums.mean), "the first are spoilt"
    (event,) = summed.asset_materializations_for_node("restricted__diary_sums")
    assert event.metadata["rows_read"].value == now
    assert event.metadata["rows_read_again"].value == 0
    assert event.metadata["quarters_without_sums"].value == []


def test_the_sums_never_reach_the_release_and_no_log_or_metadata_names_a_person(site, summed):
    with Warehouse.look(site.restricted, load_codebook()) as warehouse:
        people = set(warehouse.read_side_by_side(DIARY_SUMS, "2026Q3").get_column(PERSON))
    assert len(people) > 100
    said = " ".join(str(event) for event in summed.all_events)
    assert not [person for person in people if person in said]
    released = [path.name for path in site.curated.rglob("*.parquet")]
    assert released
    assert not [name for name in released if "diary_sums" in name]
    tables = pl.read_parquet(next(site.curated.rglob("catalog.tables.parquet")))
    assert "diary_sums" not in tables["table_name"].to_list()
