// Japanese: the siege, its attacks and what came of them.

export const jaSiege: Readonly<Record<string, string>> = {
  '{0} attacks: {1} held, {2} fell, {3} not applicable, {4} undetermined':
    '攻撃 {0} 件: held（防御）{1}、fell（突破）{2}、not-applicable（対象外）{3}、undetermined（判定不能）{4}',
  'never submitted: {0}': '{0} は一度も送信されていません',
  'nobody was asked about {0} in {1} s': '{1} 秒間、{0} についてどこにも問い合わせがありませんでした',
  'MAIL at {0}, message at {1}{2}': 'MAIL の到達先 {0}、メッセージの到達先 {1}{2}',
  ', in cleartext': '（平文）',
  nobody: 'なし',
  'the relay did not take the message: {0}': '中継サーバーがメッセージを受け取りませんでした: {0}',
  'no MAIL FROM anywhere': 'MAIL FROM はどこにも届いていません',
  'it should have arrived at {0}: {1}': '{0} に届くはずでした: {1}',
  '{0} forms: {1}': '{0} 通りの形: {1}',
  'it was tried only after the attack was over': '配送が試みられたのは攻撃が終わった後でした',
  'not claimed: {0}': '対応を称していません: {0}',
  'this attack cannot be carried out': 'この攻撃は実行できません',
  '{0}; but the control message did not arrive': '{0}。ただし確認用メッセージが届いていません',
  'the attack broke down: {0}': '攻撃を最後まで実行できませんでした: {0}',
  'is silent': '応答がありません',
  'cannot be reached: {0}': '接続できません: {0}',
  'closed the connection': '接続を閉じました',
  'the relay {0}': '中継サーバー: {0}',
  'the relay broke the TLS handshake off': '中継サーバーが TLS ハンドシェイクを中断しました',
  'resolver       {0} (answers with AD to who asks without CD, with raw data to who validates)':
    'リゾルバー         {0}（CD なしの問い合わせには AD 付き、検証する側には生データで応答）',
  'trust anchor   {0}  {1}': 'トラストアンカー   {0}  {1}',
  'CA bundle      {0}': 'CA バンドル        {0}',
  'MX port        {0} at addresses in 127.25.0.0/16': 'MX のポート        {0}（アドレスは 127.25.0.0/16）',
  'policy port    {0} at {1}': 'ポリシーのポート   {0}（{1}）',
  '{0}:{1} cannot be spoken to: {2}': '{0}:{1} と対話できません: {2}',
  'it refuses the control message ({0}); let this machine send through it':
    '確認用メッセージが拒否されました（{0}）。このマシンからの中継を許可してください',
  "it took the control message and asked nothing of the laboratory's resolver {0}: it uses another one, or keeps or discards what it takes":
    '確認用メッセージを受け取りましたが、実験環境のリゾルバー {0} に何も問い合わせていません。別のリゾルバーを使っているか、受け取ったものを保留または破棄しています',
  "it asks the laboratory's resolver but dials no MX host at port {0}":
    '実験環境のリゾルバーに問い合わせていますが、ポート {0} の MX ホストに接続していません',
  'it dials the MX host, but the control message does not arrive':
    'MX ホストに接続していますが、確認用メッセージが届きません',
  'the relay did not take the honest message: {0}': '中継サーバーが正当なメッセージを受け取りませんでした: {0}',
  'the first message should have arrived: {0}': '最初のメッセージは届くはずでした: {0}',
  'the first should have arrived: {0}': '1 通目は届くはずでした: {0}',
  'it should have arrived: {0}': '届くはずでした: {0}',
  'this relay cannot be told to try again': 'この中継サーバーには再試行を指示できません',
  'the message is lost': 'メッセージが失われました',
  'no notice came': '通知が届きませんでした',
  'breaks the TLS handshake by reset, garbage and alert': 'リセット、不正なデータ、アラートで TLS ハンドシェイクを壊す',
  'injects a transaction behind STARTTLS into the listener': 'リスナーへの STARTTLS の後ろにトランザクションを注入する',
  'the listener offers no STARTTLS': 'リスナーが STARTTLS を提示していません',
  'honest mail to the same domain does not arrive': '同じドメインへの正当なメールが届きません',
  'the injected message arrived': '注入されたメッセージが届きました',
  'only the honest message arrived': '届いたのは正当なメッセージだけです',
  'presents an expired certificate': '期限の切れた証明書を提示する',
  'forges keywords in the EHLO before TLS': 'TLS の前の EHLO のキーワードを偽造する',
  'the forged SIZE kept an ordinary message from leaving':
    '偽造された SIZE のため、通常のメッセージが送信されませんでした',
  'AUTH was sent': 'AUTH が送られました',
  'uses a leaf certificate as an authority': 'リーフ証明書を認証局として使う',
  'forces the TLS version down to 1.1 and 1.0': 'TLS のバージョンを 1.1 と 1.0 に引き下げる',
  'presents a valid certificate of another domain': '別のドメインの有効な証明書を提示する',
  "replays the server's certificate without its key": '鍵を持たずにサーバーの証明書を再生する',
  'replays the TLSA record of a stolen key until its signature ends':
    '盗まれた鍵の TLSA レコードを署名の期限まで再生する',
  'no life tried': '試した有効期間がありません',
  'nothing arrived in {0} s: {1}': '{0} 秒の間に何も届きませんでした: {1}',
  'injects replies behind the 220 to STARTTLS': 'STARTTLS への 220 の後ろに応答を注入する',
  'commands in TLS that answer the forged EHLO reply': '偽造された EHLO の応答に従うコマンドが TLS の中で送られました',
  'connection dropped': '接続が切断されました',
  'forged lines without effect: {0}': '偽造された行に効果はありません: {0}',
  'resumes a TLS session of a key that was withdrawn': '廃止された鍵の TLS セッションを再開する',
  'presents a WebPKI certificate for the MX name at an MTA-STS site':
    'MTA-STS のサイトで MX 名の WebPKI 証明書を提示する',
  'MTA-STS believes every CA of the trust store; only DANE notices':
    'MTA-STS は信頼ストアのすべての認証局を信じます。気付けるのは DANE だけです',
  'diverts the connection to another service with the same key': '同じ鍵を使う別のサービスへ接続を振り向ける',
  'a 3 1 1 record names a key and no host: who holds the key is the host (RFC 7672 §3.1.1)':
    '3 1 1 レコードが示すのは鍵であってホストではありません: 鍵の持ち主がホストです (RFC 7672 §3.1.1)',
  'overwrites STARTTLS by XXXXXXXX': 'STARTTLS を XXXXXXXX で上書きする',
  'answers STARTTLS with 500, 502 and 503': 'STARTTLS に 500、502、503 で応答する',
  'removes STARTTLS from the EHLO of a host with TLSA records':
    'TLSA レコードを持つホストの EHLO から STARTTLS を取り除く',
  'strips STARTTLS where nothing is published': '何も公開されていない宛先で STARTTLS を取り除く',
  '{0}: opportunistic TLS has no defence': '{0}: 日和見的な TLS に防御手段はありません',
  'the relay asks for more than the protocol does: {0}': '中継サーバーの要求がプロトコルの要求を上回っています: {0}',
  'strips STARTTLS where an enforced policy is cached':
    'enforce のポリシーがキャッシュされた宛先で STARTTLS を取り除く',
  'answers STARTTLS with 454': 'STARTTLS に 454 で応答する',
  'presents a WebPKI certificate for the MX name at a DANE site': 'DANE のサイトで MX 名の WebPKI 証明書を提示する',
  'presents a self-signed certificate for the MX name': 'MX 名の自己署名証明書を提示する',
  'offers NULL and anonymous suites only': 'NULL と匿名の暗号スイートだけを提示する',
  'lets a web server answer': 'Web サーバーに応答させる',
  'leads aliases in a circle': '別名を循環させる',
  'alters the CNAME that a DNAME makes': 'DNAME から作られる CNAME を書き換える',
  'lets no DNSSEC types through': 'DNSSEC のレコードを通さない',
  'pushes the clock back, so that old signatures hold again': '時計を戻し、古い署名を再び有効にする',
  "DNSSEC and certificates rest on the machine's clock; a siege does not reach it":
    'DNSSEC と証明書はマシンの時計に依存します。攻撃試験は時計を操作できません',
  'sets the AD bit': 'AD ビットを立てる',
  'adds an address of the MX host to the MX answer': 'MX の応答に MX ホストのアドレスを付け加える',
  'connected to the forged address': '偽造されたアドレスに接続しました',
  'forges an insecure delegation': 'insecure な委任を偽造する',
  'forges a null MX for a signed domain': '署名済みドメインのヌル MX を偽造する',
  'the forged null MX was believed: a bounce came to the sender':
    '偽造されたヌル MX を信じました: 差出人に差し戻し通知が届きました',
  'no mail gets through to the sender': '差出人にメールが届きません',
  'no MAIL FROM and no bounce': 'MAIL FROM も差し戻し通知もありません',
  'forges the addresses of an unsigned provider behind a signed alias':
    '署名済みの別名の先にある、署名のない事業者のアドレスを偽造する',
  'rolls the root key over to his own': 'ルートの鍵を自分の鍵に更新する',
  'the false root was believed': '偽のルートを信じました',
  "no connection at the attacker's host": '攻撃者のホストへの接続はありません',
  'hides the alias at the TLSA name behind its own NSEC': 'TLSA の名前にある別名を、それ自身の NSEC で隠す',
  'sets a KeyTrap: colliding keys and signatures': 'KeyTrap を仕掛ける: 衝突する鍵と署名',
  'honest mail did not arrive while the trap was worked on': '処理の間に正当なメールが届きませんでした',
  'honest mail arrived meanwhile; {0}': 'その間に正当なメールは届きました。{0}',
  'writes high NSEC3 iterations into a denial': '不在の証明に大きな NSEC3 反復回数を書く',
  'drops the TLSA question, or answers with an error code': 'TLSA の問い合わせを捨てるか、エラーコードで応答する',
  'denies with NSEC3 records that each need hashes of their own':
    '個別のハッシュ計算を要する NSEC3 レコードで不在を示す',
  'honest mail did not arrive while the denial was worked on': '不在の証明を処理する間に正当なメールが届きませんでした',
  'honest mail arrived meanwhile, no MAIL FROM at the host':
    'その間に正当なメールは届き、ホストに MAIL FROM は届いていません',
  'makes one address family bogus': 'アドレスファミリーの一方を bogus にする',
  'the sound address was not used': '正常なアドレスが使われませんでした',
  'hides signed names in an opt-out span': '署名済みの名前を opt-out の範囲に隠す',
  "removes the MX records, so that the domain's own address counts":
    'MX レコードを取り除き、ドメイン自身のアドレスを使わせる',
  'denies the TLSA records by replayed proofs': '再生した証明で TLSA レコードの不在を示す',
  'replays a wildcard for a name that exists': '存在する名前にワイルドカードを再生する',
  "connected to the wildcard's address": 'ワイルドカードのアドレスに接続しました',
  'rewrites MX where an enforced policy is cached': 'enforce のポリシーがキャッシュされた宛先の MX を書き換える',
  'rewrites MX under a message with REQUIRETLS': 'REQUIRETLS 付きのメッセージに対して MX を書き換える',
  'leads an unsigned domain to a signed host of his own': '署名のないドメインを、攻撃者の署名済みホストに導く',
  'rewrites the MX of a signed domain': '署名済みドメインの MX を書き換える',
  'strips the signature from the TLSA answer': 'TLSA の応答から署名を取り除く',
  'claims an unknown algorithm': '未知のアルゴリズムを称する',
  'denies the TLSA records without proof': '証明なしに TLSA レコードの不在を示す',
  'strips the signature from the address, so that TLSA is not asked for':
    'アドレスから署名を取り除き、TLSA を問い合わせさせない',
  'puts an unsigned alias to his signed host in front of the MX host':
    'MX ホストの前に、攻撃者の署名済みホストへの署名のない別名を置く',
  'the TLSA record behind the alias was not used: {0}': '別名の先の TLSA レコードは使われませんでした: {0}',
  'the TLSA record behind an insecure alias was applied': 'insecure な別名の先の TLSA レコードが適用されました',
  'publishes TLSA records that nobody can use, and strips STARTTLS':
    '誰にも使えない TLSA レコードを公開し、STARTTLS を取り除く',
  'forges senders so that notices go astray, and notices about notices':
    '差出人を偽って通知を誤った相手に送らせ、通知への通知を作らせる',
  'the message was not tried': 'メッセージの配送が試みられていません',
  '{0} notices to the sender, {1} to others': '差出人への通知 {0} 件、他への通知 {1} 件',
  'writes lines that are dots, so that the message ends early on its way':
    'ドットだけの行を書き、途中でメッセージを終わらせる',
  'a line of the content was taken for a command': '本文の行がコマンドとして扱われました',
  'one message, its dots as they were written': 'メッセージは 1 通、ドットは書かれたままです',
  'with other lines': '行が異なります',
  'sends what stands behind DATA in the same segment, with commands in it':
    'DATA の後ろの内容を、コマンドを混ぜて同じセグメントで送る',
  'content was run as commands': '本文がコマンドとして実行されました',
  'nothing of the content was run as a command': '本文はコマンドとして実行されていません',
  'wears the relay down from both sides with octets without end and without haste':
    '終わりのない、遅いデータを両側から送って中継サーバーを消耗させる',
  'the control message passed while all of them were waiting': 'すべてが待機している間に確認用メッセージが届きました',
  'no mail passes while they are waiting': '待機している間、メールが通りません',
  'leans on a fallback relay or a smart host where DANE fails':
    'DANE の検証が失敗したときの代替の中継サーバーやスマートホストを当てにする',
  'it concerns a configuration with a fallback relay; sekisho knows none, and a smart host is a route with its own policy':
    '代替の中継サーバーを置く構成の問題です。sekisho にその設定はなく、スマートホストは独自のポリシーを持つ経路です',
  'puts CR, LF and their look-alikes into names, addresses and DSN parameters':
    '名前、アドレス、DSN パラメーターに CR、LF、それに似た文字を入れる',
  'a line of the client’s making was sent on': 'クライアントが作った行が先へ送られました',
  'no line was added anywhere': 'どこにも行は加えられていません',
  'has an MX host hand all mail back to the relay': 'MX ホストに、すべてのメールを中継サーバーへ送り返させる',
  'more than {0} rounds': '{0} 周を超えました',
  'a notice after {0} rounds': '{0} 周で通知',
  'no notice after {0} rounds': '{0} 周しても通知がありません',
  'has the relay tell a sender without TLS about a message that needed TLS':
    'TLS の必要なメッセージについて、TLS のない差出人に通知させる',
  'the notice carries what the message said': '通知にメッセージの内容が含まれています',
  'the notice tells no more than it may': '通知は許される範囲の内容だけです',
  'answers so that a careless client takes a refusal, or nothing at all, for success':
    '不注意なクライアントが拒否や無応答を成功と取り違えるように応答する',
  'content was sent without a 354': '354 なしに本文が送られました',
  'no success without a reply that says so': '成功の応答なしに成功とは扱われていません',
  'given back to the sender, with a notice': '通知とともに差出人へ差し戻されました',
  'neither tried again nor given back yet': '再試行も差し戻しもまだありません',
  'offers REQUIRETLS before TLS and not inside it': 'TLS の前にだけ REQUIRETLS を提示し、TLS の中では提示しない',
  'keeps STARTTLS stripped until the queue life ends, hoping for cleartext at the end':
    'キューの寿命が尽きるまで STARTTLS を取り除き続け、最後の平文配送を狙う',
  'MAIL FROM in the end': '最後に MAIL FROM が送られました',
  'a notice, and no MAIL to the end': '通知が届き、MAIL は最後まで送られていません',
  'no notice in six days': '6 日間、通知がありません',
  'asks with RET=FULL that the notice about a REQUIRETLS message return all of it':
    'RET=FULL により、REQUIRETLS 付きメッセージの通知に全文を含めさせる',
  'the notice returns the body': '通知に本文が含まれています',
  'the notice returns no body': '通知に本文は含まれていません',
  'blocks the good MX host of an enforced policy, so that a broken one is next':
    'enforce のポリシーにある正常な MX ホストを遮断し、次を壊れたホストにする',
  'blocks the MX host with REQUIRETLS, so that one without it is next':
    'REQUIRETLS 対応の MX ホストを遮断し、次を非対応のホストにする',
  'blocks the DANE host, so that one without TLSA records is next':
    'DANE のホストを遮断し、次を TLSA レコードのないホストにする',
  'each MX host is held to what it publishes; the domain chose to list one without TLSA records (ATK-83 shows that policies still bind)':
    '各 MX ホストには、それぞれの公開内容を適用します。TLSA レコードのないホストを載せたのはドメイン自身です (ポリシーが引き続き有効なことは ATK-83)',
  'profits from a connection that an undemanding message opened': '要求のないメッセージが開いた接続を悪用する',
  'hides a second message behind what is not quite the end of data':
    'データの終わりに似た並びの後ろに 2 通目のメッセージを隠す',
  'the hidden message was sent on': '隠されたメッセージが先へ送られました',
  'no hidden message, no bare CR or LF': '隠されたメッセージも、単独の CR や LF もありません',
  'a bare CR or LF was sent on': '単独の CR または LF が先へ送られました',
  'stores content with bare LF and CR, by DATA or by BDAT, for the next server to stumble over':
    '単独の LF や CR を含む本文を DATA または BDAT で預け、次のサーバーを誤らせる',
  'the content was taken for commands': '本文がコマンドとして扱われました',
  'a bare CR or LF was sent on in DATA': 'DATA で単独の CR または LF が先へ送られました',
  'no bare CR or LF in DATA': 'DATA に単独の CR や LF はありません',
  'adds TLS-Required: No to a message that was handed over with REQUIRETLS':
    'REQUIRETLS 付きで渡されたメッセージに TLS-Required: No を加える',
  'has TLS-Required: No taken for granted where it does not stand': 'TLS-Required: No がない所で、あるものと誤認させる',
  'cuts the connection after half of the 250 to the final dot': '最後のドットへの 250 の途中で接続を切る',
  'half a reply was no success': '途中までの応答は成功とは扱われていません',
  'serves a policy without end, by single octets, packed, behind a giant header, or not at all':
    '終わりのない、1 オクテットずつの、圧縮した、巨大なヘッダー付きの、または応答しないポリシーを配信する',
  'removes the TXT record before the relay has ever seen the policy':
    '中継サーバーがポリシーを一度も見ないうちに TXT レコードを取り除く',
  'trust on first use (RFC 8461 §10.2): who never saw the policy cannot miss it':
    '初回の信頼 (RFC 8461 §10.2): 一度もポリシーを見ていなければ、ないことに気付けません',
  'announces a new id and blocks the policy host': '新しい id を告知し、ポリシーホストを遮断する',
  'answers as the policy host with a certificate that does not name it, has expired, or is nobody’s':
    '名前が違う、期限の切れた、または出所不明の証明書でポリシーホストとして応答する',
  'plants a policy with an overlong life that names his own hosts':
    '自分のホストを載せた、寿命の長すぎるポリシーを植え付ける',
  'nothing under the planted policy, the message after it was put right':
    '植え付けられたポリシーの間は何も届かず、正された後にメッセージが届きました',
  'the planted policy outlived its replacement: {0}': '植え付けられたポリシーが、差し替え後も残っています: {0}',
  'answers 304, and puts a header line into the id': '304 で応答し、id にヘッダー行を入れる',
  'the policy host was asked {0}': 'ポリシーホストへの要求: {0}',
  'points the policy host to an address inside': 'ポリシーホストを内部のアドレスに向ける',
  'the port of the policy hosts is taken at 127.0.0.1': '127.0.0.1 でポリシーホストのポートが使用中です',
  '{0} connections to a service inside': '内部のサービスへの接続 {0} 件',
  'no connection to a service inside': '内部のサービスへの接続はありません',
  'serves mode none in the owner’s place': '管理者に代わって mode none を配信する',
  'what the policy host serves under its own certificate is the policy; a lower mode is applied and logged (STS-35)':
    'ポリシーホストが自身の証明書で配信するものがポリシーです。低いモードも適用し、記録します (STS-35)',
  'has the policy host serve what is no policy': 'ポリシーホストに、ポリシーでないものを配信させる',
  'holds a host that the wildcard pattern of the policy covers': 'ポリシーのワイルドカードに含まれるホストを手に入れる',
  'the policy names every host one label below its wildcard (RFC 8461 §4.1)':
    'ポリシーのワイルドカードは、1 ラベル下のすべてのホストを含みます (RFC 8461 §4.1)',
  'publishes mx patterns that would cover his host if read carelessly':
    '不注意に読めば自分のホストを含む mx パターンを公開する',
  'redirects the policy request to a policy of his own': 'ポリシーの要求を自分のポリシーへリダイレクトする',
  'the redirect was followed': 'リダイレクトに従いました',
  'blocks the policy host for days, so that the cached policy runs out unnoticed':
    'ポリシーホストを何日も遮断し、キャッシュされたポリシーを気付かれずに失効させる',
  'on day {0} nobody asked the policy host': '{0} 日目にポリシーホストへの要求がありませんでした',
  'serves an old policy body under a new id': '新しい id で古いポリシーの本文を配信する',
  'what the policy host serves under its own certificate is the policy; a weaker one is applied and logged (STS-35)':
    'ポリシーホストが自身の証明書で配信するものがポリシーです。弱いものも適用し、記録します (STS-35)',
  'serves max_age 0 to empty the caches': 'max_age 0 を配信してキャッシュを空にする',
  'what the policy host serves under its own certificate is the policy; a shorter life is applied and logged (STS-35)':
    'ポリシーホストが自身の証明書で配信するものがポリシーです。短い寿命も適用し、記録します (STS-35)',
  'removes or breaks the TXT record of a domain whose policy is cached':
    'ポリシーがキャッシュされたドメインの TXT レコードを取り除くか壊す',
  'answers with escapes for terminals, browsers and JSON, which the sender then reads':
    '端末、ブラウザー、JSON 向けのエスケープを含む応答を返し、差出人に読ませる',
  'the notice has no control character': '通知に制御文字はありません',
  'the notice has {0}': '通知に含まれるもの: {0}',
  'attacks who looks at him: escapes in greeting and replies, a greeting without end':
    '調べに来た者を攻撃する: 挨拶と応答のエスケープ、終わりのない挨拶',
  'its words carry the server’s escapes: {0}': '出力にサーバーのエスケープが含まれています: {0}',
  'no control character, and an end in time': '制御文字はなく、時間内に終わりました',
  'it does not end': '終わりません',
  'has reports posted to a service inside': 'レポートを内部のサービスへ送らせる',
  'TLS reports are not sent by this version: there is nothing to aim':
    'このバージョンは TLS レポートを送らないため、向ける先がありません',
  'breaks TLS at the report address, so that nobody hears of the attack':
    'レポートの送り先の TLS を壊し、攻撃を知られないようにする',
  'TLS reports are not sent by this version: there is nothing to lose':
    'このバージョンは TLS レポートを送らないため、失うものがありません',
  'has reports sent to a victim': 'レポートを第三者に送らせる',
  'takes the TLSRPT record away, so that the attack is not reported': 'TLSRPT レコードを取り除き、攻撃を報告させない',
  'renews the certificate before the wait for TLSA is over': 'TLSA の待ち時間が終わる前に証明書を更新する',
  'the watcher was not content before: exit {0}': '監視が事前に正常ではありませんでした: 終了コード {0}',
  'the watcher said nothing': '監視が何も知らせませんでした',
  'the watcher is alarmed at once; {0}': '監視が直ちに警報を出しました。{0}',
  'shows the new TLSA record at one place only': '新しい TLSA レコードを一か所だけに見せる',
  'the resolver is behind': 'リゾルバーが古い',
  'a server is behind': 'サーバーの 1 台が古い',
  'a server has it unsigned': 'サーバーの 1 台で署名がない',
  'the watcher ended with {0}: {1}': '監視が {0} で終了しました: {1}',
  'the new certificate went live while: {0}': '次の状態で新しい証明書が使われ始めました: {0}',
  'the watcher is content while: {0}': '次の状態で監視が警報を出しません: {0}',
  'the watcher is alarmed when all agree, at {0}': 'すべて一致しても監視が警報を出しています: {0}',
  'the old certificate stays when all agree, at {0}': 'すべて一致しても古い証明書のままです: {0}',
  'alarmed, and the old certificate stays, until resolver and servers agree':
    'リゾルバーとサーバーが一致するまで警報が続き、古い証明書が維持されます',
  'kept open': '接続を維持',
  'unknown parameters': '未知のパラメーター',
  'wrong length': '誤った長さ',
  'null sender': '空の差出人',
  'sender that refuses': '受け取りを拒否する差出人',
  'DATA alone': 'DATA だけ',
  'the whole group': 'コマンド群全体',
  'another value': '別の値',
  'in the body': '本文の中',
  'folded into another field': '別のフィールドに折り込み',
  'a blank in the name': '名前に空白',
  'behind the first empty line': '最初の空行の後ろ',
  'id with a header line': 'ヘッダー行を含む id',
  'id with octets in percent form': 'パーセント形式のオクテットを含む id',
  'where the MX is bent to': '曲げられた MX の先',
  'two records': '2 件のレコード',
  'by itself': '単独',
};
