package oauth

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// OwnPort is the port of the return address with a client id of the user's own,
// where Request.Port names no other: the user enters it at the service beforehand.
const OwnPort = 27391

const (
	returnPath  = "/callback"
	pageLimit   = 60 * time.Second // a browser waits so long for its page
	closeLimit  = time.Second
	doorTries   = 8
	lowestPort  = 20000 // below what systems give to outgoing connections
	highestPort = 32000
)

// ReturnAddress is where the user comes back to with a client id of his own; it has
// to be entered at the service before the sign-in.
func ReturnAddress(r Request) string {
	port := r.Port
	if port == 0 {
		port = OwnPort
	}
	return returnURI(r, port)
}

// returnURI is by number, which RFC 8252 obliges services to take with any port;
// some take only the name.
func returnURI(r Request, port int) string {
	return "http://" + net.JoinHostPort(hostFor(r), strconv.Itoa(port)) + returnPath
}

func hostFor(r Request) string {
	if r.RedirectHost == "localhost" {
		return "localhost"
	}
	return "127.0.0.1"
}

func portOf(uri string) int {
	u, err := url.Parse(uri)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(u.Port())
	return n
}

// busyPort: somebody else listens there.
type busyPort struct {
	port int
	err  error
}

func (e *busyPort) Error() string { return fmt.Sprintf("listen on port %d: %v", e.port, e.err) }
func (e *busyPort) Unwrap() error { return e.err }

// door is where users come back to: one listener that serves every sign-in by its
// state. One without a listener has only its address.
type door struct {
	uri    string
	server *http.Server
	listen []net.Listener
	stop   context.CancelFunc
	closed context.Context

	mu      sync.Mutex
	waiting map[string]chan<- arrival // by state
	seen    map[string]bool           // states that were answered
}

// arrival is a user who came back. Whoever takes it says at done how it went, for
// the page that the browser waits for.
type arrival struct {
	values url.Values
	done   func(error)
}

// openDoor listens at the return address of r with this port, 0 for a free one.
func openDoor(r Request, port int) (*door, error) {
	listeners, port, err := listen(hostFor(r), port)
	if err != nil {
		return nil, err
	}
	d := &door{uri: returnURI(r, port), listen: listeners, waiting: map[string]chan<- arrival{}, seen: map[string]bool{}}
	d.closed, d.stop = context.WithCancel(context.Background())
	d.server = &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 64 << 10}
	for _, l := range listeners {
		go d.server.Serve(l) // ends with close
	}
	return d, nil
}

// listen binds 127.0.0.1, and ::1 as well where the address says localhost, which
// a browser may take for either.
func listen(host string, port int) ([]net.Listener, int, error) {
	for try := 0; ; try++ {
		at := port
		if at == 0 && try < doorTries {
			at = lowestPort + rand.IntN(highestPort-lowestPort)
		}
		list, got, err := listenAt(host, at)
		if err == nil {
			return list, got, nil
		}
		if port != 0 || try >= doorTries {
			return nil, 0, &busyPort{at, err}
		}
	}
}

func listenAt(host string, port int) ([]net.Listener, int, error) {
	four, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return nil, 0, err
	}
	port = four.Addr().(*net.TCPAddr).Port
	if host != "localhost" || !hasIPv6() {
		return []net.Listener{four}, port, nil
	}
	six, err := net.Listen("tcp6", net.JoinHostPort("::1", strconv.Itoa(port)))
	if err != nil {
		four.Close()
		return nil, 0, err
	}
	return []net.Listener{four, six}, port, nil
}

// hasIPv6 reports whether ::1 is there at all.
func hasIPv6() bool {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return false
	}
	l.Close()
	return true
}

// expect makes the door wait for this state. An arrival is given once.
func (d *door) expect(state string) <-chan arrival {
	arrived := make(chan arrival, 1)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waiting[state] = arrived
	return arrived
}

// take is who waits for this state, nil for nobody; seen says that somebody did.
func (d *door) take(state string) (to chan<- arrival, seen bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	to, ok := d.waiting[state]
	if ok {
		delete(d.waiting, state)
		d.seen[state] = true
	}
	return to, d.seen[state]
}

// ServeHTTP answers a user who comes back, and tells nothing to anybody else: a
// wrong state is dropped, a second arrival changes nothing.
func (d *door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path != returnPath || req.Method != http.MethodGet || !d.isOurs(req.Host) {
		http.NotFound(w, req)
		return
	}
	values := req.URL.Query()
	to, seen := d.take(values.Get("state"))
	switch {
	case to == nil && seen:
		showPage(w, http.StatusOK, pageAgain, nil)
		return
	case to == nil:
		showPage(w, http.StatusBadRequest, pageStray, nil)
		return
	}
	outcome := make(chan error, 1)
	to <- arrival{values, func(err error) { outcome <- err }}
	select {
	case err := <-outcome:
		if err != nil {
			showPage(w, http.StatusOK, pageFailed, err)
			return
		}
		showPage(w, http.StatusOK, pageDone, nil)
	case <-time.After(pageLimit):
		showPage(w, http.StatusOK, pageFailed, errors.New("no answer"))
	case <-req.Context().Done():
	case <-d.closed.Done():
		showPage(w, http.StatusOK, pageStray, nil)
	}
}

// isOurs keeps out pages elsewhere whose name was made to mean this computer.
func (d *door) isOurs(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil || port != strconv.Itoa(portOf(d.uri)) {
		return false
	}
	return name == "127.0.0.1" || name == "localhost" || name == "::1"
}

// close ends the listener once the pages are delivered. It is safe on nil.
func (d *door) close() {
	if d == nil || d.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	for _, l := range d.listen {
		l.Close() // the server's own goroutine may not have come to know it yet
	}
	time.AfterFunc(closeLimit/2, d.stop)
	if d.server.Shutdown(ctx) != nil {
		d.server.Close()
	}
	d.stop()
}
