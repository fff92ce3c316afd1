"""Nonces that say when and for whom they were made."""


class FakeNonces:
    """Implements Nonces."""

    def issue(self, thumbprint: str, now_epoch_seconds: float) -> str:
        return f"{now_epoch_seconds}|{thumbprint}"

    def issued_at(self, nonce: str, thumbprint: str, now_epoch_seconds: float) -> float | None:
        time, _, holder = nonce.partition("|")
        try:
            issued_at = float(time)
        except ValueError:
            return None
        is_theirs = holder == thumbprint and now_epoch_seconds - issued_at <= 300
        return issued_at if is_theirs else None
