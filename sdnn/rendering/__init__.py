"""Pictures for people: explained readings, pages with readings, failures, risk-coverage plots."""
