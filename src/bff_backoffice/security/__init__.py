"""Proofs and tokens, pure: no input or output, no framework, no logging. Start at dpop_proof.py."""
