"""The upstreams on the shared port, one file each; `catalogue.py` lists them."""
