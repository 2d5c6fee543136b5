// OpenSSL's libcrypto: digests, HMAC, constant-time comparison; nothing of TLS. And the kernel's random bytes.
#pragma once
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <sys/random.h>

// SHA256() of OpenSSL 3 looks its algorithm up by name, which sets all of libcrypto up: a millisecond of a process's start, and
// most of the time of a short digest. These three are the same code without that; OpenSSL calls them deprecated, not wrong.
static inline void ccrypto_sha256(const unsigned char *bytes, size_t count, unsigned char *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes, count);
    SHA256_Final(digest, &state);
}
