"""C1 beside other studies: those that compare the same kinds of program, known by their direction alone."""

from __future__ import annotations

from dataclasses import dataclass

ADVICE = (
    "These studies compare other groups than we do, or count otherwise: read what each figure counts. "
    "None is drawn beside our numbers."
)
WHICH_WAY = "Which way, no number"


def several(number: int) -> str:
    """Head a study of which several figures are cited at once."""
    return f"{number} figures"


@dataclass(frozen=True, slots=True)
class Study:
    """A study of which the source that was read gives directions, and no number to set beside ours."""

    study: str
    source_url: str
    found: str


SAME_QUESTION = (
    Study(
        "Kaskutas, Ammon and Weisner (2003-4)",
        "https://triggered.edina.clockss.org/ServeContent?url=http%3A%2F%2Fbaywood.stanford.clockss.org"
        "%2FBWSH%2FBAWOOD_BWSH_2_2%2FCK8884XDPRGE0B1P.html",
        "722 people of programs in California. Nobody was placed by chance. A year or so on, those of social "
        "programs had alcohol and drug problems less often. Health, legal, family and mental health problems "
        "were about as common in both. Part of the gap in alcohol went with 12-step involvement.",
    ),
    Study(
        "Witbrodt and coauthors (2007)",
        "https://vdocuments.us/day-hospital-and-residential-addiction-treatment-male-and-female-managed-care"
        ".html",
        "293 people of one health plan were placed by chance, in a day hospital or in a home with care. A "
        "later paper on that plan says that the homes followed the social model. 6 and 12 months on, no "
        "difference was found in how many had not used for 30 days.",
    ),
)
