/* identity.h: accounts of officials and citizens of this node, sign-in with Argon2id, sessions. Gives web its session source. */
#ifndef SEN_IDENTITY_IDENTITY_H
#define SEN_IDENTITY_IDENTITY_H

#include "base/app.h"
#include "base/call.h"
#include "base/module.h"

/* identity_make_account: officials (role, rights) or citizens (pin). password in clear, hashed here with Argon2id (64 MiB, one at a time). ST_CONFLICT when the name is taken. */
struct new_account { struct str login, name, password, role, pin; const struct str *rights; size_t nrights; };
NODISCARD enum status identity_make_account(struct call *c, const struct new_account *a, int64_t *ret);

/* identity_assertion: a signed statement (JWS ES256, KEY_ASSERT, x5c) that the actor of this call is the person with this PIN: {iss member, sub pin, aud service, iat, exp 60 s, jti}.
 * Goes in the *body* of a call of class self. identity_check_assertion: judged by the provider; the issuer must be the nation's identity member (directory), the audience this
 * service, the time within 60 s; returns the PIN. */
NODISCARD enum status identity_assertion(struct call *c, struct str audience, struct str *ret);
NODISCARD enum status identity_check_assertion(struct call *c, struct str assertion, struct str audience, struct str *ret_pin);

extern const struct module identity_module;

#endif
