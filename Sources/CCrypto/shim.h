// OpenSSL's libcrypto: digests, HMAC, constant-time comparison and random bytes. Nothing of TLS.
#pragma once
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
