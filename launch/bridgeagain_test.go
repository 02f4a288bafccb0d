package launch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// attempts has b try again with what outcomes tell in turn, and returns when it tried.
func attempts(b *bridge, ctx context.Context, outcomes ...error) (at []time.Duration, err error) {
	began := time.Now()
	err = b.again(ctx, func() (time.Duration, error) {
		at = append(at, time.Since(began))
		if len(at) > len(outcomes) {
			return 0, nil
		}
		return 0, outcomes[len(at)-1]
	})
	return at, err
}

var errNet = errors.New("no network")

func TestWaitsBetweenTriesGrowAndAreNotAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bridge{alive: make(chan struct{}, 1)}
		at, err := attempts(b, t.Context(), errNet, errNet, errNet, errNet, errNet, errNet, errNet, errNet, errNet, errNet, errNet)
		if err != nil || len(at) != 12 {
			t.Fatal(at, err)
		}
		for n := 1; n < len(at); n++ {
			full := min(firstWait<<(n-1), longWait)
			if wait := at[n] - at[n-1]; wait < full/2 || wait > full {
				t.Errorf("wait %d was %v of %v", n, wait, full)
			}
		}
		again, _ := attempts(b, t.Context(), errNet, errNet, errNet)
		if again[3] == at[3] {
			t.Error("no jitter")
		}
	})
}

func TestAnAnsweredRequestEndsTheWaitOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bridge{alive: make(chan struct{}, 1)}
		stop := make(chan struct{})
		go func() { // a request is answered every ten milliseconds
			for {
				select {
				case <-stop:
					return
				case <-time.After(10 * time.Millisecond):
					tell(b.alive)
				}
			}
		}()
		at, _ := attempts(b, t.Context(), errNet, errNet, errNet, errNet)
		close(stop)
		for n, most := range []time.Duration{20 * time.Millisecond, time.Minute, 20 * time.Millisecond, time.Minute} {
			wait := at[n+1] - at[n]
			if wait > most || most == time.Minute && wait < firstWait/2 {
				t.Errorf("wait %d was %v", n, wait)
			}
		}
	})
}

func TestAServerThatRefusesIsNotAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bridge{alive: make(chan struct{}, 1)}
		for err, tries := range map[error]int{
			&refused{status: 405}:                    1,
			&refused{status: 404}:                    1,
			errAway:                                  1,
			errTooLong:                               1,
			&refused{status: 401}:                    2,
			&refused{status: 429}:                    2,
			&refused{status: 503}:                    2,
			&unsigned{&refused{}, errNet}:            2,
			errors.Join(errCut, errNet):              2,
			&unsigned{&refused{status: 403}, errNet}: 2,
		} {
			if at, _ := attempts(b, t.Context(), err); len(at) != tries {
				t.Errorf("%v: %d tries", err, len(at))
			}
		}
	})
}
