"""The journey of signing in.

    /sign-in              sign_in.py        the doors, in the order of SIGN_IN_WITH
    /auth/<door>          doors/            a door begins an attempt, and sends mail or leads away
                          attempts.py       the attempts of this browser, sealed in its cookies
    /auth/callback        callback.py       WorkOS sends people back; `state` says to which attempt
    /auth/<step>          steps/            what WorkOS asks in between, until it is satisfied
                          complete.py       THE last lines of every door: the session begins
    /auth/sign-out        sign_out.py       and ends

Anything that cannot go on raises a Failure, which failure_pages.py turns into an answer.
"""
