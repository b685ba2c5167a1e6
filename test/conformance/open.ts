// Rows of the specification that no test shows yet, each with the reason. A row that a test names needs no reason any more.

const rows = (text: string): readonly string[] => text.trim().split(/\s+/);

const reports = 'not built: reports by RFC 8460 are neither collected nor sent';
const chunking = 'not built: CHUNKING is not offered, BDAT is an unknown command';

export const reasons: ReadonlyMap<string, string> = new Map(
  (
    [
      [
        reports,
        `RPT-1 RPT-2 RPT-3 RPT-4 RPT-8 RPT-9 RPT-10 RPT-11 RPT-12 RPT-20 RPT-21 RPT-22 RPT-23 RPT-24 RPT-25 RPT-26 RPT-30
         RPT-31 RPT-32 RPT-33 RPT-34 RPT-35 RPT-36 RPT-37 RPT-38 RPT-39 RPT-40 RPT-42 RPT-43 RPT-44 RPT-45 RPT-46 RPT-47
         RPT-80 RPT-81 RPT-82 RPT-83 RPT-84 RPT-85 RPT-86 RPT-87 RPT-88 RPT-89 RPT-90 RPT-91 RPT-92 RPT-93 RPT-94 RPT-95
         RPT-96 RPT-98 RPT-99 DSN-23 OPS-55 ATK-110 ATK-111 ATK-113`,
      ],
      [chunking, 'SMUG-9 EXT-8 EXT-9'],
      ['not built: no listener goes without PIPELINING', 'SMUG-5'],
      ['not built: nothing is delivered locally, every next hop is an SMTP host', 'RTLS-34 RTLS-60'],
      ['not built: raw public keys are not negotiated (DANE-46 leaves it open)', 'CERT-71 DANE-46'],
      ['not built: option', 'DANE-72 NAME-3 RTLS-9 RTLS-12 SRV-20 STS-73 STS-74 TRC-10'],
      ['not built: aggressive use of cached denials', 'DNS-13'],
      ['not built: anchors are configured, not rolled', 'TA-3'],
      ['holds by absence: nothing of the kind is sent', 'TA-8'],
      ['not built: stapled OCSP is not looked at', 'PKIX-8'],
      ['not built: such a session is ended instead', 'RTLS-27'],
      ['not built: there is no sendmail of our own', 'RTLS-11'],
      ['not shown on its own', 'DANE-77 RTLS-32'],
    ] as const
  ).flatMap(([reason, ids]) => rows(ids).map((id) => [id, reason] as const)),
);
