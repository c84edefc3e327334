/* ocsp_fuzz.c: bytes taken for an OCSP answer are never good for a certificate that nobody signed for, and bytes taken for a question name a serial
 * number. The first input byte says which of the two is tried. */
#include <stdlib.h>

#include "base/encode.h"
#include "trust/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A self-signed P-256 certificate whose key was thrown away: nothing can be signed for it. */
static const char issuer_base64[] =
    "MIIBkzCCATmgAwIBAgIUGWdqvj7o00x1Ptwa7+LAMeV/5NgwCgYIKoZIzj0EAwIwHzELMAkGA1UEBhMCVk4xEDAOBgNVBAMMB0Z1enogQ0EwHhcNMjYxMTIy"
    "MDUzNTA1WhcNMzYxMTE5MDUzNTA1WjAfMQswCQYDVQQGEwJWTjEQMA4GA1UEAwwHRnV6eiBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMC9omqSi+Lt"
    "XXAPUJDMiODlDl7KAtteHFFusOdTDBfogqJfrx8cfDHihX97npiGSkG+Fm5x2A8N2Rl6G9ghrEOjUzBRMB0GA1UdDgQWBBQ+cIjoyb+OaiBdE94MQtjVj10u"
    "SDAfBgNVHSMEGDAWgBQ+cIjoyb+OaiBdE94MQtjVj10uSDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIEdQX0X1xCIHCyPqX+HmgBZFhsRs"
    "PASbgA671mYuFPW1AiEAkImIzqUDB80g/2fa+KWb4IpbUc8qGfYJPB6QwJcPhWI=";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct call *c = call_open(NULL);
    struct str issuer, serial, bytes = str_skip(str_of(data, size), 1);
    int64_t this_ms, next_ms;
    if (size == 0 || !decode_base64(c->arena, str_z(issuer_base64), &issuer)) {
        if (size) abort();
    } else if (data[0] & 1) {
        if (ocsp_read_request(c, bytes, issuer, &serial) == ST_OK && serial.n == 0) abort();
    } else {
        if (ocsp_check(c, bytes, issuer, issuer, NULL, 0, c->now_ms, 3600) == ST_OK) abort();
        call_clear(c);
        if (ocsp_times(c, bytes, &this_ms, &next_ms) != ST_OK && call_error(c)->sentence.n == 0) abort();
    }
    call_close(c);
    return 0;
}
