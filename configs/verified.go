package configs

// verified is a Document of a format whose edits are made on its lines, and then
// read again by the format's own library.
type verified interface {
	Document
	compactValue(value []byte, at []string) ([]byte, error)
	// with and without are the file with a value put, or taken away.
	with(value []byte, at []string) ([]byte, error)
	without(at []string) ([]byte, error)
	// take makes edited the file, if nothing but what is at the path differs in it;
	// else it is an *UnsafeError.
	take(edited []byte, at []string) error
	noted(at []string, before, after []byte)
}

func setVerified(d verified, value []byte, at []string) error {
	small, err := d.compactValue(value, at)
	if err != nil {
		return err
	}
	before, _ := d.Value(at...)
	if sameJSON(before, small) {
		return nil
	}
	edited, err := d.with(small, at)
	if err != nil {
		return err
	}
	if err := d.take(edited, at); err != nil {
		return err
	}
	after, _ := d.Value(at...)
	d.noted(at, before, after)
	return nil
}

func removeVerified(d verified, at []string) error {
	before, ok := d.Value(at...)
	if !ok {
		return nil
	}
	edited, err := d.without(at)
	if err != nil {
		return err
	}
	if err := d.take(edited, at); err != nil {
		return err
	}
	d.noted(at, before, nil)
	return nil
}
