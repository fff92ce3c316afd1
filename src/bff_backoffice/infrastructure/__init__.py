"""One folder per outside thing; each implements ports and knows no other folder."""
