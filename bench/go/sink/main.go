// sink: an SMTP server that accepts and discards everything, as fast as it
// can, and counts what it saw.  Standard library only.
//
// Control: HTTP on -ctl.
//
//	GET /stats            JSON counters
//	GET /reset            zero the counters
//	GET /set?rtt=50ms     artificial round-trip time; a change closes open connections
//	GET /down, /up        close the listening sockets and all connections / reopen
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	listen  = flag.String("listen", "0.0.0.0:25", "comma separated listen addresses")
	ctl     = flag.String("ctl", "127.0.0.1:8025", "control address")
	certF   = flag.String("cert", "", "certificate file (PEM)")
	keyF    = flag.String("key", "", "key file (PEM)")
	name    = flag.String("name", "sink.bench.test", "greeting name")
	tickets = flag.Bool("tickets", true, "issue TLS session tickets")
)

type stats struct {
	Messages    int64            `json:"messages"`
	Bytes       int64            `json:"bytes"`
	Conns       int64            `json:"conns"`
	Active      int64            `json:"active"`
	MaxActive   int64            `json:"max_active"`
	Handshakes  int64            `json:"handshakes"`
	Resumed     int64            `json:"resumed"`
	HsFailed    int64            `json:"hs_failed"`
	NoTLS       int64            `json:"msgs_without_tls"`
	Dups        int64            `json:"duplicates"`
	Unique      int64            `json:"unique"`
	FirstNS     int64            `json:"first_ns"`
	LastNS      int64            `json:"last_ns"`
	TLS         map[string]int64 `json:"tls"`
	ByLocalAddr map[string]int64 `json:"msgs_by_addr"`
}

var (
	mu   sync.Mutex
	st   = stats{TLS: map[string]int64{}, ByLocalAddr: map[string]int64{}}
	seen = map[uint64]struct{}{}
	rtt  int64 // ns
	open = map[net.Conn]struct{}{}
	lmu  sync.Mutex
	lns  []net.Listener
	conf *tls.Config
)

func openAll() error {
	lmu.Lock()
	defer lmu.Unlock()
	if len(lns) > 0 {
		return nil
	}
	for _, a := range strings.Split(*listen, ",") {
		l, err := net.Listen("tcp4", a)
		if err != nil {
			return err
		}
		lns = append(lns, l)
		go acceptLoop(l)
	}
	return nil
}

func closeAll() {
	lmu.Lock()
	for _, l := range lns {
		l.Close()
	}
	lns = nil
	lmu.Unlock()
	// "down" means down: a relay that keeps connections must not go on using them
	mu.Lock()
	for k := range open {
		k.Close()
	}
	mu.Unlock()
}

func acceptLoop(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go serve(c)
	}
}

// delayConn is a delay line in both directions: bytes reach the reader, and
// the wire, half the round-trip time after they were sent.  Pipelining keeps
// its benefit, as on a real path (no slow start is modelled).
type stamped struct {
	t time.Time
	b []byte
}
type delayConn struct {
	net.Conn
	half time.Duration
	in   chan stamped
	cur  []byte
	out  chan stamped
	done chan struct{}
	once sync.Once
}

func newDelay(c net.Conn, r time.Duration) *delayConn {
	d := &delayConn{Conn: c, half: r / 2, in: make(chan stamped, 256), out: make(chan stamped, 256), done: make(chan struct{})}
	go func() {
		defer close(d.in)
		for {
			b := make([]byte, 16384)
			n, err := c.Read(b)
			if n > 0 {
				d.in <- stamped{time.Now(), b[:n]}
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		defer close(d.done)
		bad := false
		for s := range d.out {
			if w := time.Until(s.t.Add(d.half)); w > 0 {
				time.Sleep(w)
			}
			if !bad {
				if _, err := c.Write(s.b); err != nil {
					bad = true
				}
			}
		}
	}()
	return d
}
func (d *delayConn) Read(p []byte) (int, error) {
	if len(d.cur) == 0 {
		s, ok := <-d.in
		if !ok {
			return 0, net.ErrClosed
		}
		if w := time.Until(s.t.Add(d.half)); w > 0 {
			time.Sleep(w)
		}
		d.cur = s.b
	}
	n := copy(p, d.cur)
	d.cur = d.cur[n:]
	return n, nil
}
func (d *delayConn) Write(p []byte) (int, error) {
	b := make([]byte, len(p))
	copy(b, p)
	d.out <- stamped{time.Now(), b}
	return len(p), nil
}
func (d *delayConn) Close() error {
	d.once.Do(func() {
		close(d.out)
		<-d.done
		d.Conn.Close()
		go func() {
			for range d.in {
			}
		}()
	})
	return nil
}
func (d *delayConn) SetDeadline(time.Time) error      { return nil }
func (d *delayConn) SetReadDeadline(time.Time) error  { return nil }
func (d *delayConn) SetWriteDeadline(time.Time) error { return nil }

func serve(raw net.Conn) {
	mu.Lock()
	open[raw] = struct{}{}
	st.Conns++
	st.Active++
	if st.Active > st.MaxActive {
		st.MaxActive = st.Active
	}
	mu.Unlock()
	local := raw.LocalAddr().(*net.TCPAddr).IP.String()
	var c net.Conn = raw
	r := time.Duration(atomic.LoadInt64(&rtt))
	if r > 0 {
		c = newDelay(raw, r)
		time.Sleep(r + r/2) // SYN, SYN-ACK, ACK
	}
	defer func() {
		c.Close()
		mu.Lock()
		st.Active--
		delete(open, raw)
		mu.Unlock()
	}()
	rd := bufio.NewReaderSize(c, 32768)
	wr := bufio.NewWriterSize(c, 8192)
	isTLS := false
	raw.SetReadDeadline(time.Now().Add(10 * time.Minute))
	wr.WriteString("220 " + *name + " ESMTP sink\r\n")
	for {
		if rd.Buffered() == 0 {
			if wr.Flush() != nil {
				return
			}
		}
		line, err := rd.ReadSlice('\n')
		if err != nil {
			return
		}
		line = bytes.TrimRight(line, "\r\n")
		v := line
		if i := bytes.IndexByte(line, ' '); i >= 0 {
			v = line[:i]
		}
		switch strings.ToUpper(string(v)) {
		case "EHLO":
			wr.WriteString("250-" + *name + "\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n")
			if !isTLS {
				wr.WriteString("250-STARTTLS\r\n")
			}
			wr.WriteString("250 SMTPUTF8\r\n")
		case "HELO":
			wr.WriteString("250 " + *name + "\r\n")
		case "STARTTLS":
			wr.WriteString("220 2.0.0 go ahead\r\n")
			wr.Flush()
			t := tls.Server(c, conf)
			if err := t.Handshake(); err != nil {
				mu.Lock()
				st.HsFailed++
				mu.Unlock()
				return
			}
			cs := t.ConnectionState()
			mu.Lock()
			st.Handshakes++
			if cs.DidResume {
				st.Resumed++
			}
			st.TLS[fmt.Sprintf("%04x/%s", cs.Version, tls.CipherSuiteName(cs.CipherSuite))]++
			mu.Unlock()
			c = t
			isTLS = true
			rd = bufio.NewReaderSize(c, 32768)
			wr = bufio.NewWriterSize(c, 8192)
		case "MAIL", "RCPT", "RSET":
			wr.WriteString("250 2.0.0 ok\r\n")
		case "NOOP":
			wr.WriteString("250 2.0.0 ok\r\n")
		case "DATA":
			wr.WriteString("354 go\r\n")
			wr.Flush()
			n, id, err := readData(rd)
			if err != nil {
				return
			}
			count(n, id, isTLS, local)
			wr.WriteString("250 2.0.0 taken\r\n")
		case "QUIT":
			wr.WriteString("221 2.0.0 bye\r\n")
			wr.Flush()
			return
		default:
			wr.WriteString("502 5.5.1 no\r\n")
		}
	}
}

var hdr = []byte("x-bench-id:")

func readData(rd *bufio.Reader) (int, int64, error) {
	n := 0
	id := int64(-1)
	inHdr := true
	bol := true
	for {
		l, err := rd.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return n, id, err
		}
		if bol && err == nil && len(l) == 3 && l[0] == '.' && l[1] == '\r' {
			return n, id, nil
		}
		if inHdr && bol {
			if len(l) <= 2 {
				inHdr = false
			} else if len(l) > len(hdr) && bytes.EqualFold(l[:len(hdr)], hdr) {
				if v, e := strconv.ParseInt(strings.TrimSpace(string(l[len(hdr):])), 10, 64); e == nil {
					id = v
				}
			}
		}
		n += len(l)
		bol = err == nil
	}
}

func count(n int, id int64, isTLS bool, local string) {
	now := time.Now().UnixNano()
	mu.Lock()
	st.Messages++
	st.Bytes += int64(n)
	if !isTLS {
		st.NoTLS++
	}
	if st.FirstNS == 0 {
		st.FirstNS = now
	}
	st.LastNS = now
	st.ByLocalAddr[local]++
	if _, ok := seen[uint64(id)]; ok {
		st.Dups++
	} else {
		seen[uint64(id)] = struct{}{}
		st.Unique++
	}
	mu.Unlock()
}

func main() {
	flag.Parse()
	cert, err := tls.LoadX509KeyPair(*certF, *keyF)
	if err != nil {
		log.Fatal(err)
	}
	conf = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, SessionTicketsDisabled: !*tickets}
	if err := openAll(); err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/stats", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		json.NewEncoder(w).Encode(st)
	})
	http.HandleFunc("/reset", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		a := st.Active
		st = stats{Active: a, MaxActive: a, TLS: map[string]int64{}, ByLocalAddr: map[string]int64{}}
		seen = map[uint64]struct{}{}
		mu.Unlock()
		fmt.Fprintln(w, "ok")
	})
	http.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.FormValue("rtt"))
		if err != nil {
			http.Error(w, err.Error(), 400)
			return
		}
		// a connection keeps its delay for life, so a change ends the old ones
		if atomic.SwapInt64(&rtt, int64(d)) != int64(d) {
			mu.Lock()
			for k := range open {
				k.Close()
			}
			mu.Unlock()
		}
		fmt.Fprintln(w, "ok")
	})
	http.HandleFunc("/down", func(w http.ResponseWriter, r *http.Request) { closeAll(); fmt.Fprintln(w, "ok") })
	http.HandleFunc("/up", func(w http.ResponseWriter, r *http.Request) {
		if err := openAll(); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	log.Fatal(http.ListenAndServe(*ctl, nil))
}
