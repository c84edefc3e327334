/* profile.c: which member a signing certificate speaks for (x-road 3.7). An authority of the directory names a certificate profile, and the profile says in which parts
 * of the subject class and code of the member stand, and the instance where it stands there too. */
#include "exchange/status/status.h"

#include "exchange/message/message.h"

enum subject_part { PART_INSTANCE /* of the directory: the subject does not name it */, PART_CN, PART_O, PART_OU, PART_C, PART_SERIAL, PART_CATEGORY, PART_SERIAL_1, PART_SERIAL_3 /* of INSTANCE/SERVER/CLASS */ };

/* One way in which a profile writes a member; of several of the same profile the first counts whose parts are all there. */
static const struct form { struct str profile; enum subject_part instance, class_, member; } forms[] = {
    { STR_INIT("Basic"), PART_INSTANCE, PART_CATEGORY, PART_SERIAL },
    { STR_INIT("FiVRK"), PART_SERIAL_1, PART_SERIAL_3, PART_CN },
    { STR_INIT("FiVRK"), PART_O, PART_OU, PART_CN },
    { STR_INIT("FiVRK"), PART_C, PART_O, PART_CN },
    { STR_INIT("Ejbca"), PART_C, PART_O, PART_CN },
};

/* serial_part: piece 0 or 2 of "INSTANCE/SERVER/CLASS"; empty where the serial number is not of this form. */
static struct str serial_part(struct str serial, size_t which)
{
    struct str pieces[3] = { 0 }, piece;
    size_t n = 0;
    while (str_next(&serial, '/', &piece)) {
        if (n == 3) return STR("");
        pieces[n++] = piece;
    }
    return n == 3 && pieces[0].n && pieces[1].n && pieces[2].n ? pieces[which] : STR("");
}

static struct str read_part(const struct directory *d, const struct cert_info *info, enum subject_part part)
{
    switch (part) {
    case PART_INSTANCE: return d->instance;
    case PART_CN: return info->subject_cn;
    case PART_O: return info->organization;
    case PART_OU: return info->unit;
    case PART_C: return info->country;
    case PART_SERIAL: return info->serial_number;
    case PART_CATEGORY: return info->business_category;
    case PART_SERIAL_1: return serial_part(info->serial_number, 0);
    case PART_SERIAL_3: return serial_part(info->serial_number, 2);
    }
    return STR("");
}

static bool has_subject(struct call *c, struct str cert, struct str subject)
{
    struct cert_info info;
    if (cert_read(c, cert, &info) == ST_OK) return str_eq(info.subject_rfc4514, subject);
    call_clear(c);
    return false;
}

/* profile_of: that of the authority that issued the certificate, by name: whether it really did is judged by the path. */
static struct str profile_of(struct call *c, const struct directory *d, const struct cert_info *info)
{
    for (size_t i = 0; d->ncas > 1 && i < d->ncas; i++)
        for (size_t k = 0; k < d->cas[i].nanchors; k++)
            if (has_subject(c, d->cas[i].anchors[k].der, info->issuer_rfc4514)) return d->cas[i].profile;
    return d->ncas ? d->cas[0].profile : STR("");
}

bool profile__owner(struct call *c, const struct directory *d, const struct cert_info *info, struct xid *ret)
{
    static const struct str package = STR_INIT("ee.ria.xroad.common.certificateprofile.impl."); /* X-Road names a profile by the class that reads it */
    struct str profile = profile_of(c, d, info);
    if (!profile.n) profile = forms[0].profile; /* an authority that names none */
    if (str_starts(profile, package)) profile = str_skip(profile, package.n);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (!str_starts(profile, forms[i].profile)) continue;
        struct xid id = { .instance = read_part(d, info, forms[i].instance), .class_ = read_part(d, info, forms[i].class_), .member = read_part(d, info, forms[i].member) };
        if (!id.instance.n || !id.class_.n || !id.member.n) continue;
        *ret = id;
        return true;
    }
    return false;
}
