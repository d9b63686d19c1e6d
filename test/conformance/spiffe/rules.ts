/**
 * The rules of the SPIFFE standards of 2026-07-01 by id, in our own words: `id|statement`. I issuer,
 * V validator, S server, C client. SHOULD rules say so.
 */

const text = `
ID-01|the scheme is spiffe
ID-02|the trust domain is not empty
ID-03|no userinfo and no port, not even empty ones
ID-04|the trust domain holds only a-z 0-9 . - _
ID-05|the trust domain is never percent-encoded
ID-06|a trust domain that looks like a host name or IPv4 address is like any other
ID-07|no query and no fragment, not even empty ones
ID-08|the path is never percent-encoded
ID-09|no empty, dot or dot-dot segment
ID-10|no trailing slash
ID-11|segments hold only A-Z a-z 0-9 . - _
ID-12|IDs up to 2048 bytes and trust domains up to 255 are accepted, longer ones not
ID-13|every trust domain has a signing authority
ID-14|ID and public key lie inside the signed part
ID-15|only X.509, JWT and WIT documents are SVIDs
ID-16|paths are compared case-sensitively
X509-01|I: exactly one URI SAN
X509-02|V: more than one URI SAN is refused
X509-03|the ID of a leaf has a path
X509-04|the SAN extension is critical when the subject is empty
X509-05|the ID of a signing certificate has no path
X509-06|V: a signing certificate never authenticates a peer
X509-07|a signing certificate has cA=true
X509-08|a leaf has cA=false
X509-09|keyUsage is present
X509-10|keyUsage is critical
X509-11|a signing certificate has keyCertSign
X509-12|a leaf has digitalSignature
X509-13|a leaf has no keyCertSign
X509-14|a leaf has no cRLSign
X509-15|the EKU of a leaf has serverAuth and clientAuth
X509-16|V: path validation against the bundle of the leaf's trust domain only
X509-17|V: the leaf's cA=false is checked
X509-18|V: the leaf's keyCertSign and cRLSign are checked
X509-19|V: the scheme is checked
X509-20|V: the path is checked
X509-21|bundle: use is x509-svid
X509-22|bundle: no kid
X509-23|bundle: x5c holds exactly one base64 DER authority
X509-24|V: an entry without x5c is ignored
X509-25|V: only the first x5c value counts
X509-26|URI name constraints bind the IDs below
JWT-01|compact serialization only
JWT-02|the header holds only alg, kid and typ
JWT-03|alg is RS, ES or PS with 256, 384 or 512
JWT-04|V: other algs are refused
JWT-05|V: alg is checked first
JWT-06|typ is absent, JWT or JOSE
JWT-07|sub is the SPIFFE ID
JWT-08|aud has a value
JWT-09|V: no aud is refused
JWT-10|V: another audience is refused
JWT-11|exp is set
JWT-12|V: no exp is refused
JWT-13|V: expired is refused
JWT-14|bundle: use is jwt-svid
JWT-15|bundle: kid is set
JWT-16|V: only jwt-svid keys are used
JWT-17|V: keys come from the bundle of sub's trust domain
JWT-18|SHOULD: the header carries kid
WIT-01|compact serialization only
WIT-02|kid is present
WIT-03|V: kid is opaque and case-sensitive
WIT-04|I: kid is unique per key
WIT-05|typ is wit+jwt
WIT-06|alg as in JWT-03
WIT-07|V: other algs are refused
WIT-08|sub is the SPIFFE ID
WIT-09|cnf is present; V refuses without
WIT-10|cnf.jwk is a public key
WIT-11|cnf.jwk.alg is one of the nine
WIT-12|jti is unique when present
WIT-13|V: jti is not replay protection
WIT-14|exp is present; V refuses without
WIT-15|V: expired is refused
WIT-16|V: a future nbf is refused
WIT-17|iat is never a bound
WIT-18|aud is forbidden
WIT-19|I sets alg, typ, kid, sub, exp and cnf
WIT-20|a presentation carries a proof by the cnf key
WIT-21|never a bearer token
WIT-22|never in the Authorization header
WIT-23|V: refused without a proof
WIT-24|the life of a proof is bounded
WIT-25|secure channel only
WIT-26|bundle: use is wit-svid
WIT-27|bundle: kid is set and unique
WIT-28|V: only wit-svid keys are used
EP-01|gRPC over a unix socket or TCP
EP-02|C: the security header is sent with every call
EP-03|S: a missing or other header is INVALID_ARGUMENT
EP-04|TLS is not required
EP-05|TCP only where the network authenticates the caller
EP-06|C: the address comes from SPIFFE_ENDPOINT_SOCKET when nothing else is set
EP-07|the URI scheme is unix or tcp
EP-08|unix: takes an absolute path and nothing else
EP-09|tcp: takes an IP address and a port and nothing else
EP-10|S: no direct authentication of the client
EP-11|attestation needs no action of the workload
EP-12|services are never extended
EP-13|the Workload API is exposed; SHOULD: reflection
EP-14|SHOULD: no identity is PERMISSION_DENIED, starting is UNAVAILABLE
WL-01|X.509 and JWT profiles are implemented
WL-02|the API is not extended
WL-03|every message carries the full state
WL-04|the first message comes at once
WL-05|C: an empty field replaces the old value
WL-06|C: what is absent is no longer used
WL-07|a response has at least one SVID
WL-08|hints are unique and at most 1024 bytes
WL-09|C: bundles authenticate their own kind of SVID only
WL-10|bundles hold the own trust domain
WL-11|audience is required and becomes aud
WL-12|an empty spiffe_id means all identities
WL-13|a foreign spiffe_id is PERMISSION_DENIED
WL-14|JWT bundles hold jwt-svid keys only
WL-15|ValidateJWTSVID applies all rules
WL-16|without WIT both WIT calls are UNIMPLEMENTED
WL-17|WIT bundle keys carry kid
WL-18|x509_svid is concatenated DER, leaf first
WL-19|x509_svid_key is the leaf's PKCS#8 DER key
WL-20|a missing mandatory field is INVALID_ARGUMENT
WL-21|the first SVID is the default identity
WL-22|updates are pushed
BR-01|gRPC with mutual TLS by X509-SVIDs
BR-02|broker.spiffe.io: true, else INVALID_ARGUMENT
BR-03|C: the address comes from SPIFFE_BROKER_SOCKET
BR-04|an allow-list alone authorizes callers
BR-05|a request without reference is INVALID_ARGUMENT
BR-06|an unknown reference type is INVALID_ARGUMENT
BR-07|S verifies that the workload exists
BR-08|a pid is positive
BR-09|a pid from another node is refused
BR-10|object references never cross clusters
BR-11|Kubernetes references name plural and group
BR-12|Kubernetes references name key or uid
BR-13|S verifies that key and uid are the same object
BR-14|a key has a name
BR-15|stream messages are full, the first at once
BR-16|C: SVIDs are used for that workload only
BR-17|C: PERMISSION_DENIED drops that workload's material only
BR-18|S stops when the workload is gone
BR-19|hints as in WL-08
BR-20|both profiles are implemented, calls are never added
BR-21|audience is required, an empty spiffe_id means all
BR-22|JWT bundles hold jwt-svid keys only
BR-23|UNAUTHENTICATED without identity, PERMISSION_DENIED when not allowed
BR-24|C: ErrorInfo is optional
BU-01|a bundle is a JWK set with keys
BU-02|SHOULD: spiffe_sequence is a large integer
BU-03|SHOULD: spiffe_refresh_hint is an integer
BU-04|unknown parameters are ignored
BU-05|an entry without known kty is ignored
BU-06|an entry without known use is ignored
BU-07|without usable key nothing is trusted
BU-08|a bundle map has unique trust domains
BU-09|C: hints inside a map are ignored
BU-10|V picks the bundle by the SVID's trust domain
FE-01|new keys are published before use
FE-02|bundles of different trust domains are never merged
FE-03|C: both profiles; S at least one
FE-04|C is configured before first contact
FE-05|the trust domain travels with the bundle
FE-06|the URL is https without userinfo
FE-07|GET gives the newest bundle as application/json
FE-08|S requires no client authentication
FE-09|https_web: Web PKI and name
FE-10|https_spiffe: the endpoint's SPIFFE ID
FE-11|the newest stored bundle validates the next connection
FE-12|redirects obey the same rules
FE-13|TLS as recommended
FE-14|SHOULD: a failed poll waits
FE-15|the first bundle is accepted in SPIFFE format
FE-16|the endpoint's own trust domain is configured separately
`;

export type Rule = { readonly id: string; readonly statement: string };

export const rules: readonly Rule[] = text
  .trim()
  .split('\n')
  .map((line) => {
    const [id = '', statement = ''] = line.split('|');
    return { id, statement };
  });

/** Rules that no test from outside can see, with the reason. */
export const notObservable: ReadonlyMap<string, string> = new Map([
  ['ID-15', 'the API has messages for these three kinds only'],
  ['WIT-22', 'binds whoever carries the token to a server'],
  ['WIT-25', 'binds whoever carries the token to a server'],
  ['EP-06', 'binds clients: the command line and libraries'],
  ['WL-05', 'binds clients'],
  ['WL-06', 'binds clients'],
  ['WL-09', 'binds clients; WL-14 and X509-21 keep the kinds apart'],
  ['BR-03', 'binds clients'],
  ['BR-09', 'the broker socket is on the node; there is no remote origin to send from'],
  ['BR-10', 'needs two clusters'],
  ['BR-13', 'needs a Kubernetes API server behind the agent'],
  ['BR-16', 'binds clients'],
  ['BR-17', 'binds clients'],
  ['BR-24', 'binds clients'],
  ['BU-09', 'binds consumers of bundle maps'],
]);
