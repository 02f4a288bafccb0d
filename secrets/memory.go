package secrets

import (
	"context"
	"sync"
)

// Broken is a Store that can't be opened: every call fails with Err.
type Broken struct{ Err error }

func (b Broken) Get(context.Context, Ref) (Secret, error) { return Secret{}, b.Err }
func (b Broken) Set(context.Context, Ref, Secret) error   { return b.Err }
func (b Broken) Delete(context.Context, Ref) error        { return b.Err }

// Memory is a Store for tests; it ends with the process. Its zero value is
// ready.
type Memory struct {
	mu sync.Mutex
	m  map[Ref]Secret
}

func (s *Memory) Get(_ context.Context, r Ref) (Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.m[r]
	if !ok {
		return Secret{}, ErrNotFound
	}
	return v, nil
}

func (s *Memory) Set(_ context.Context, r Ref, v Secret) error {
	if len(v.Reveal()) > maxLen {
		return ErrTooLong
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m == nil {
		s.m = map[Ref]Secret{}
	}
	s.m[r] = v
	return nil
}

func (s *Memory) Delete(_ context.Context, r Ref) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.m, r)
	return nil
}
