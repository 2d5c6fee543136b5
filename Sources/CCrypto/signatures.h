// Public keys and the signatures that they verify (RFC 7518 section 3, RFC 8037 section 3.1). Keys are NULL, and signatures false,
// where libcrypto refuses what it is given or fails. Its queue of errors is left as it was: libcurl reads what is in there.
#pragma once
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>

static inline EVP_PKEY *ccrypto_public_key(const char *type, OSSL_PARAM *members) {
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!context || EVP_PKEY_fromdata_init(context) != 1
        || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, members) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

// Both numbers are big-endian.
static inline EVP_PKEY *ccrypto_rsa_public_key(
    const unsigned char *modulus, int modulus_count, const unsigned char *exponent, int exponent_count
) {
    ERR_set_mark();
    BIGNUM *n = BN_bin2bn(modulus, modulus_count, NULL);
    BIGNUM *e = BN_bin2bn(exponent, exponent_count, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *members = NULL;
    EVP_PKEY *key = NULL;
    if (n && e && builder && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) == 1
        && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) == 1) {
        members = OSSL_PARAM_BLD_to_param(builder);
        if (members) key = ccrypto_public_key("RSA", members);
    }
    OSSL_PARAM_free(members);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    ERR_pop_to_mark();
    return key;
}

// 65 bytes: 4, then the point's two coordinates. Refused unless it is on the curve.
static inline EVP_PKEY *ccrypto_p256_public_key(const unsigned char *point) {
    ERR_set_mark();
    OSSL_PARAM members[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"prime256v1", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)point, 65), OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = ccrypto_public_key("EC", members);
    ERR_pop_to_mark();
    return key;
}

static inline EVP_PKEY *ccrypto_ed25519_public_key(const unsigned char *bytes, size_t count) {
    ERR_set_mark();
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, count);
    ERR_pop_to_mark();
    return key;
}

// By RSA with PKCS #1 v1.5 and by ECDSA (in DER) with SHA-256, by Ed25519 without a digest: `digest` is NULL then.
static inline bool ccrypto_is_signature(
    EVP_PKEY *key, const EVP_MD *digest, const unsigned char *bytes, size_t count, const unsigned char *signature,
    size_t signature_count
) {
    ERR_set_mark();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_valid = context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key) == 1
        && EVP_DigestVerify(context, signature, signature_count, bytes, count) == 1;
    EVP_MD_CTX_free(context);
    ERR_pop_to_mark();
    return is_valid;
}

// 64 bytes: the signature's two numbers, of 32 bytes each (RFC 7518 section 3.4).
static inline bool ccrypto_is_p256_signature(
    EVP_PKEY *key, const unsigned char *bytes, size_t count, const unsigned char *signature
) {
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
    unsigned char *encoded = NULL;
    bool is_valid = false;
    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        // The pair owns them now.
        r = s = NULL;
        int encoded_count = i2d_ECDSA_SIG(pair, &encoded);
        is_valid = encoded_count > 0
            && ccrypto_is_signature(key, EVP_sha256(), bytes, count, encoded, (size_t)encoded_count);
    }
    OPENSSL_free(encoded);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return is_valid;
}
