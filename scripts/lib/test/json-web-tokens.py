"""Makes keys and tokens, and verifies tokens, with PyJWT.

Reads lines of JSON and prints one line for each:
{"make": "RS256"}                            a new private key, as a JWK; its public members too
{"sign": {...}, "key": JWK, "algorithm": "RS256", "headers": {...}}    a token of these claims, as anybody would make it
{"header": "...", "payload": "...", "key": JWK, "as": "RS256"}         a token of exactly these texts, signed by "as": "" for none, "ES256 in DER" for that of a certificate
{"verify": "...", "key": JWK, "algorithm": "HS256", "options": {...}}  its claims as JSON, or "refused: " and why
"""

import base64
import hashlib
import hmac
import json
import sys

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

ALGORITHMS = get_default_algorithms()


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def made(name):
    if name.startswith("RSA"):
        key, algorithm = rsa.generate_private_key(65537, int(name[3:])), "RS256"
    elif name == "P-256":
        key, algorithm = ec.generate_private_key(ec.SECP256R1()), "ES256"
    elif name == "P-384":
        key, algorithm = ec.generate_private_key(ec.SECP384R1()), "ES384"
    else:
        key, algorithm = ed25519.Ed25519PrivateKey.generate(), "EdDSA"
    family = type(ALGORITHMS[algorithm])
    return json.dumps({"private": family.to_jwk(key, as_dict=True), "public": family.to_jwk(key.public_key(), as_dict=True)})


def key_of(job, algorithm):
    key = job["key"]
    if isinstance(key, str):
        return key
    return type(ALGORITHMS[algorithm]).from_jwk(key)


def crafted(job):
    signed = encoded(job["header"].encode()) + b"." + encoded(job["payload"].encode())
    name = job["as"]
    if not name:
        return (signed + b".").decode()
    return (signed + b"." + encoded(signature(signed, job, name))).decode()


def signature(signed, job, name):
    if name == "HS256":
        # PyJWT refuses secrets that are empty.
        return hmac.digest(job["key"].encode(), signed, hashlib.sha256)
    if name == "ES256 in DER":
        return key_of(job, "ES256").sign(signed, ec.ECDSA(hashes.SHA256()))
    algorithm = ALGORITHMS[name]
    return algorithm.sign(signed, algorithm.prepare_key(key_of(job, name)))


def answer(job):
    if "make" in job:
        return made(job["make"])
    if "sign" in job:
        algorithm = job["algorithm"]
        return jwt.encode(job["sign"], key_of(job, algorithm), algorithm, headers=job.get("headers"))
    if "header" in job:
        return crafted(job)
    try:
        algorithm = job["algorithm"]
        return json.dumps(jwt.decode(job["verify"], key_of(job, algorithm), [algorithm], **job.get("options", {})))
    except jwt.PyJWTError as error:
        return f"refused: {error}"


for line in sys.stdin:
    print(answer(json.loads(line)))
