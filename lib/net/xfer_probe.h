// SPDX-License-Identifier: GPL-3.0-or-later
//
// Whether a server uses TLS; probed once after requests to it have failed.
#ifndef LIB_NET_XFER_PROBE_H
#define LIB_NET_XFER_PROBE_H

enum xfer_scheme { XFER_SCHEME_UNKNOWN, XFER_SCHEME_HTTP, XFER_SCHEME_HTTPS };

// `url`: http:// or https://; its scheme does not matter. Waits for the server, 2 s at most each way.
enum xfer_scheme xfer_probe(const char *url);

#endif
