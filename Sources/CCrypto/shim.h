// OpenSSL's libcrypto: digests, HMAC, AES-GCM, signatures, constant-time comparison; nothing of TLS. And the kernel's random bytes.
#pragma once
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <sys/random.h>
#include "signatures.h"

// SHA256() of OpenSSL 3 looks its algorithm up by name, which sets all of libcrypto up: a millisecond of a process's start, and
// most of the time of a short digest. These three are the same code without that; OpenSSL calls them deprecated, not wrong.
static inline void ccrypto_sha256(const unsigned char *bytes, size_t count, unsigned char *digest) {
    SHA256_CTX state;
    SHA256_Init(&state);
    SHA256_Update(&state, bytes, count);
    SHA256_Final(digest, &state);
}

// AES-256-GCM with a nonce of 12 bytes and a tag of 16 (NIST SP 800-38D), whole: `result` has room for `count` bytes. False when
// libcrypto fails; for `open` also when the tag is not that of these bytes, and then `result` is not to be used.
static inline bool ccrypto_aes256gcm_seal(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *context, int context_count,
    const unsigned char *bytes, int count, unsigned char *result, unsigned char *tag
) {
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int written = 0;
    bool done = cipher && EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1
        && (context_count == 0 || EVP_EncryptUpdate(cipher, NULL, &written, context, context_count) == 1)
        && (count == 0 || EVP_EncryptUpdate(cipher, result, &written, bytes, count) == 1)
        && EVP_EncryptFinal_ex(cipher, result + count, &written) == 1
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done;
}

static inline bool ccrypto_aes256gcm_open(
    const unsigned char *key, const unsigned char *nonce, const unsigned char *context, int context_count,
    const unsigned char *bytes, int count, const unsigned char *tag, unsigned char *result
) {
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int written = 0;
    bool done = cipher && EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1
        && (context_count == 0 || EVP_DecryptUpdate(cipher, NULL, &written, context, context_count) == 1)
        && (count == 0 || EVP_DecryptUpdate(cipher, result, &written, bytes, count) == 1)
        && EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, 16, (void *)tag) == 1
        && EVP_DecryptFinal_ex(cipher, result + count, &written) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return done;
}
