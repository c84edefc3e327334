/* identity_pages.h: what the pages of identity are given. */
#ifndef SEN_IDENTITY_PAGES_H
#define SEN_IDENTITY_PAGES_H

#include "base/str.h"

struct page_sign_in { struct str login, next; };

#endif
