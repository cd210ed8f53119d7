import multiprocessing
import threading

import pytest

from models.within_person.engine import share_out


def _shared_sum() -> int:
    found: list[int] = []
    share_out(lambda first, last: found.append(sum(range(first, last))), [(0, 5), (5, 10), (10, 20)])
    return sum(found)


def test_every_call_is_made_and_the_first_in_the_calling_thread():
    where: dict[int, str] = {}
    share_out(lambda i: where.update({i: threading.current_thread().name}), [(0,), (1,), (2,)])

    assert sorted(where) == [0, 1, 2]
    assert where[0] == threading.current_thread().name
    assert where[1].startswith("within-person")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # of Python 3.12 and later
def test_a_process_forked_after_the_threads_were_started_has_threads_of_its_own():
    assert _shared_sum() == 190
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(_shared_sum).get(timeout=60) == 190


def test_an_error_of_another_thread_reaches_the_caller():
    def work(i: int) -> None:
        if i:
            raise ValueError("second")

    try:
        share_out(work, [(0,), (1,)])
    except ValueError as error:
        assert str(error) == "second"
    else:
        raise AssertionError("the error was lost")
