"""Identifiers in the demo files: fixed fake markers, the same for everyone, that must never land.

Addresses and numbers come from ranges set aside for documentation and examples (RFC 5737, RFC 2606,
555-01xx), so that no marker can belong to anybody.
"""

FIRST_NAME = "Fakefirst"
LAST_NAME = "Fakelast-Synthetic"
EMAIL = "never.land@example.invalid"
PHONE = "573-555-0100"
BIRTH_DATE = "1901-01-01"
IP_ADDRESS = "192.0.2.77"
LATITUDE = "12.3456789"
LONGITUDE = "-98.7654321"

ALL = (FIRST_NAME, LAST_NAME, EMAIL, PHONE, BIRTH_DATE, IP_ADDRESS, LATITUDE, LONGITUDE)
