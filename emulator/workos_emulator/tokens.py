"""Access tokens that verify against this emulator's own JWKS (WorkOS docs: Sessions)."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Self

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from jwt.algorithms import RSAAlgorithm

from .formats import Json, new_id, now
from .objects import Session


@dataclass(frozen=True)
class SigningKey:
    """An RSA key pair with the certificate that WorkOS's JWKS shows beside it."""

    private_key: rsa.RSAPrivateKey
    certificate: bytes
    kid: str

    @classmethod
    def generate(cls) -> Self:
        """Makes a fresh one."""
        private_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        certificate = _self_signed(private_key).public_bytes(Encoding.DER)
        return cls(private_key, certificate, new_id("sso_oidc_key_pair"))

    def to_jwk(self) -> Json:
        """Returns its public half as WorkOS's JWKS shows it."""
        public = RSAAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        thumbprint = base64.urlsafe_b64encode(hashlib.sha256(self.certificate).digest())
        return {
            "alg": "RS256",
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "n": public["n"],
            "e": public["e"],
            "x5c": [base64.b64encode(self.certificate).decode()],
            "x5t#S256": thumbprint.rstrip(b"=").decode(),
        }

    def sign(self, claims: Json) -> str:
        """Returns these claims as a token."""
        return jwt.encode(claims, self.private_key, algorithm="RS256", headers={"kid": self.kid})


def claims_of(session: Session, issuer: str, client_id: str, lifetime: timedelta) -> Json:
    """Returns what the access token of a session says; like WorkOS's, it names no audience."""
    issued_at = now()
    return {
        **session.claims.values,
        "iss": issuer,
        "client_id": client_id,
        "sub": session.user.id,
        "sid": session.id,
        "jti": new_id("jti"),
        "auth_time": int(session.proved_at.timestamp()),
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + lifetime).timestamp()),
    }


@cache
def signing_key_of_this_process(name: str = "") -> SigningKey:
    """Returns the same key to all emulators here: tests make many, and a key takes 100 ms."""
    return SigningKey.generate()


def _self_signed(private_key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "WorkOS emulator")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private_key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=365))
        .sign(private_key, hashes.SHA256())
    )
