"""How long things live and how often they may be asked for, as the WorkOS documentation says it."""

from datetime import timedelta

ONE_TIME_CODE_LIFETIME = timedelta(minutes=10)
AUTHORIZATION_CODE_LIFETIME = timedelta(minutes=10)
ACCESS_TOKEN_LIFETIME = timedelta(minutes=5)
PENDING_TOKEN_LIFETIME = timedelta(minutes=10)
PROFILE_TOKEN_LIFETIME = timedelta(minutes=10)
IMPERSONATION_LIFETIME = timedelta(minutes=60)

DEVICE_CODE_LIFETIME = timedelta(seconds=300)
DEVICE_INTERVAL = timedelta(seconds=5)  # between two questions, and what each hurried one adds

PASSWORDLESS_SESSION_SHORTEST = timedelta(minutes=15)
PASSWORDLESS_SESSION_LONGEST = timedelta(days=1)
INVITATION_DAYS, INVITATION_DAYS_MOST = 7, 30

LIMIT_WINDOW = timedelta(minutes=1)
MAGIC_AUTH_PER_WINDOW = 3
EMAIL_VERIFICATION_PER_WINDOW = 3
AUTHENTICATE_PER_WINDOW = 10

# WorkOS names no number for these: they are this emulator's own.
WRONG_GUESSES_ALLOWED = 5
TOTP_CHALLENGE_LIFETIME = timedelta(minutes=10)
SESSION_LIFETIME = timedelta(days=30)
REMEMBERED = 1000  # mails and requests, so that a long benchmark does not fill the memory
WEBHOOK_TIMEOUT = 5.0  # seconds
ACTION_TIMEOUT = 5.0  # seconds
ACTION_TOLERANCE = 30  # seconds
ACTION_ERROR_MESSAGE = 500  # characters
ACCESS_TOKEN_LONGEST = timedelta(days=1)
