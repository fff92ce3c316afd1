"""The Backend-for-Frontend of the hotel back-office desktop."""
