package app

import (
	"strconv"
	"strings"

	"mcp-companion/companion"
	"mcp-companion/servers"
	"mcp-companion/words"
)

// formSignIn is the form's folded part for services that don't let us introduce
// ourselves: an app of the user's own there, and what else such a service wants.
type formSignIn struct {
	folded
	client  *asked
	secret  *asked
	scopes  *asked
	port    *asked
	machine *check
	plain   *check // the address is left unnamed
}

func newFormSignIn(changed func()) *formSignIn {
	s := &formSignIn{}
	s.client = newAsked("client", newField(words.Say("app.form.client.hint")), changed)
	s.secret = newAsked("client-secret", newMasked(words.Say("app.form.client-secret.hint")), changed)
	s.scopes = newAsked("scopes", newField(words.Say("app.form.scopes.hint")), changed)
	s.port = newAsked("port", newField(words.Say("app.form.port.hint")), changed)
	s.machine = newCheck(words.Say("app.form.machine"), func(bool) { changed() })
	s.plain = newCheck(words.Say("app.form.no-resource"), func(bool) { changed() })
	s.folded = newFolded(words.Say("app.form.own-app"), stack(16, s.client.box, s.secret.box, s.scopes.box, s.port.box,
		stack(3, row(0, s.machine), newCaption(words.Say("app.form.machine.help")).box),
		stack(3, row(0, s.plain), newCaption(words.Say("app.form.no-resource.help")).box)))
	return s
}

// fill puts what is set in, and unfolds where something is.
func (s *formSignIn) fill(v *servers.SignIn) {
	if v == nil {
		return
	}
	s.client.field.SetText(v.ClientID)
	if v.ClientSecret != "" {
		s.secret.field.SetPlaceHolder(words.Say("app.form.client-secret.kept"))
	}
	s.scopes.field.SetText(strings.Join(v.Scopes, " "))
	if v.Port != 0 {
		s.port.field.SetText(strconv.Itoa(v.Port))
	}
	s.machine.put(v.Machine)
	s.plain.put(v.NoResource)
	if v.ClientID != "" || len(v.Scopes) > 0 || v.Port != 0 || v.Machine || v.NoResource {
		s.unfold()
	}
}

// read is what stands here beside what else was set; nil where that is nothing.
func (s *formSignIn) read(was *servers.SignIn) (*servers.SignIn, companion.Secret) {
	v := &servers.SignIn{}
	if was != nil {
		v = was.Clone()
	}
	v.Port, _ = portOf(s.port.field.Text)
	v.ClientID, v.Scopes, v.Machine, v.NoResource = strings.TrimSpace(s.client.field.Text), strings.Fields(s.scopes.field.Text), s.machine.Checked, s.plain.Checked
	if len(v.Scopes) == 0 {
		v.Scopes = nil
	}
	if v.ClientID == "" { // a secret is nothing without it
		v.ClientSecret, v.Issuer = "", ""
	}
	var typed companion.Secret
	if text := trimKey(s.secret.field.Text); text != "" && v.ClientID != "" {
		typed = companion.NewSecret(text)
	}
	if v.IsZero() {
		return nil, typed
	}
	return v, typed
}

// complaint says under a field what can't be; beside Save what to change.
func (s *formSignIn) complaint() string {
	s.port.complain("")
	s.client.complain("")
	if _, ok := portOf(s.port.field.Text); !ok {
		s.port.complain(words.Say("app.form.port.bad"))
		return words.Say("app.form.wrong.own-app")
	}
	needs := s.machine.Checked || trimKey(s.secret.field.Text) != ""
	if needs && strings.TrimSpace(s.client.field.Text) == "" {
		s.client.complain(words.Say("app.form.client.missing"))
		return words.Say("app.form.wrong.own-app")
	}
	return ""
}

func (s *formSignIn) snapshot() string {
	return strings.Join([]string{s.client.field.Text, s.secret.field.Text, s.scopes.field.Text, s.port.field.Text, strconv.FormatBool(s.machine.Checked), strconv.FormatBool(s.plain.Checked)}, "\x00")
}

// portOf reads a port; empty is 0, the program's own.
func portOf(text string) (int, bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n > 0 && n < 1<<16
}
