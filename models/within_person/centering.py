"""The former place of `models.within_person.design.centering`."""

from models.within_person.design.centering import within_and_between

__all__ = ["within_and_between"]
