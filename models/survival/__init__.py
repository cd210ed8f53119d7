"""Times to an event: return to prison, first use, and sustained remission."""
