"""What the use cases need from outside, as Protocols.

One file per outside thing; adapters, fakes and contract suites share its name.
"""
