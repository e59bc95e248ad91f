// Verifies an auditor's log and delivery units with Go's own sumdb/note and sumdb/tlog.
//
// Nothing of Strongroom's code is in here: what is read is what docs/spec says of the files.
//
//	verify log PUBLIC_DIR KEYS [OLDER]   the checkpoint, the root over all entries, every tile of level 0, and growth
//	                                     from an older checkpoint
//	verify units KEYS < UNITS            a line for each unit: ok, or the cause
package main

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// keys are the lines of a trust root that name keys.
type keys struct {
	log, auditorBundle, auditorStatus, operatorBundle, operatorStatus note.Verifier
	witnesses                                                         []note.Verifier
	quorum                                                            int
}

// cosigner verifies a witness's line: C2SP tlog-cosignature, version 1.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(msg, sig []byte) bool {
	if len(sig) != 72 {
		return false
	}
	time := binary.BigEndian.Uint64(sig)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", time, msg)
	return ed25519.Verify(c.key, []byte(signed), sig[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	material, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(material) != 33 || material[0] != 4 {
		return nil, errors.New("no witness's key: " + vkey)
	}
	digest := sha256.Sum256(append([]byte(parts[0]+"\n"), material...))
	return cosigner{parts[0], binary.BigEndian.Uint32(digest[:]), material[1:]}, nil
}

func readKeys(path string) (keys, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return keys{}, err
	}
	var k keys
	places := map[string]*note.Verifier{
		"log": &k.log, "auditor bundle": &k.auditorBundle, "auditor status": &k.auditorStatus,
		"operator bundle": &k.operatorBundle, "operator status": &k.operatorStatus,
	}
	for _, line := range strings.Split(string(text), "\n") {
		for name, place := range places {
			if rest, ok := cutPrefix(line, name+" "); ok {
				if *place, err = note.NewVerifier(rest); err != nil {
					return keys{}, err
				}
			}
		}
		if rest, ok := cutPrefix(line, "witness "); ok {
			witness, err := newCosigner(rest[strings.Index(rest, " ")+1:])
			if err != nil {
				return keys{}, err
			}
			k.witnesses = append(k.witnesses, witness)
		}
		if rest, ok := cutPrefix(line, "group witnesses "); ok {
			k.quorum, err = strconv.Atoi(rest[:strings.Index(rest, " ")])
			if err != nil {
				return keys{}, err
			}
		}
	}
	return k, nil
}

func cutPrefix(text, prefix string) (string, bool) {
	if strings.HasPrefix(text, prefix) {
		return text[len(prefix):], true
	}
	return "", false
}

// openCheckpoint verifies the log's signature and the quorum of witnesses.
func (k keys) openCheckpoint(text []byte) (tlog.Tree, error) {
	opened, err := note.Open(text, note.VerifierList(append([]note.Verifier{k.log}, k.witnesses...)...))
	if err != nil {
		return tlog.Tree{}, err
	}
	signedByLog, witnesses := false, 0
	for _, sig := range opened.Sigs {
		if sig.Name == k.log.Name() && sig.Hash == k.log.KeyHash() {
			signedByLog = true
		} else {
			witnesses++
		}
	}
	if !signedByLog || witnesses < k.quorum {
		return tlog.Tree{}, fmt.Errorf("log %v, %d witnesses", signedByLog, witnesses)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != k.log.Name() {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func verifyLog(folder string, k keys, older []string) error {
	text, err := os.ReadFile(filepath.Join(folder, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := k.openCheckpoint(text)
	if err != nil {
		return err
	}
	var hashes []tlog.Hash
	storage := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var read []tlog.Hash
		for _, index := range indexes {
			read = append(read, hashes[index])
		}
		return read, nil
	})
	for n := int64(0); n < tree.N; {
		bundle := n / 256
		width := tree.N - bundle*256
		if width > 256 {
			width = 256
		}
		entries, err := os.ReadFile(filepath.Join(folder, tilePath("entries", bundle, width)))
		if err != nil {
			return err
		}
		tile, err := os.ReadFile(filepath.Join(folder, tilePath("0", bundle, width)))
		if err != nil {
			return err
		}
		for i := int64(0); i < width; i++ {
			length := int(binary.BigEndian.Uint16(entries))
			entry := entries[2 : 2+length]
			entries = entries[2+length:]
			hash := tlog.RecordHash(entry)
			if !bytes.Equal(tile[i*32:i*32+32], hash[:]) {
				return fmt.Errorf("tile of leaf %d", n)
			}
			stored, err := tlog.StoredHashes(n, entry, storage)
			if err != nil {
				return err
			}
			hashes = append(hashes, stored...)
			n++
		}
		if len(entries) != 0 {
			return errors.New("bytes after the last entry")
		}
	}
	root, err := tlog.TreeHash(tree.N, storage)
	if err != nil {
		return err
	}
	if root != tree.Hash {
		return errors.New("the entries give another root")
	}
	for _, path := range older {
		if err := k.verifyGrowth(path, tree, storage); err != nil {
			return err
		}
	}
	fmt.Printf("ok %d\n", tree.N)
	return nil
}

// verifyGrowth verifies that a tree grew out of an older checkpoint.
func (k keys) verifyGrowth(path string, tree tlog.Tree, storage tlog.HashReader) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, err := k.openCheckpoint(text)
	if err != nil {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, before.N, storage)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash)
}

func tilePath(level string, index, width int64) string {
	path := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		path = fmt.Sprintf("x%03d/%s", index%1000, path)
	}
	if width < 256 {
		path = fmt.Sprintf("%s.p/%d", path, width)
	}
	return filepath.Join("tile", level, path)
}

// sections splits a delivery unit.
func sections(unit []byte) (map[string][]byte, error) {
	rest, ok := cutPrefix(string(unit), "strongroom.example/delivery/v1\n")
	if !ok {
		return nil, errors.New("header")
	}
	found := map[string][]byte{}
	for rest != "" {
		end := strings.IndexByte(rest, '\n')
		if end < 0 {
			return nil, errors.New("section")
		}
		words := strings.Split(rest[:end], " ")
		if len(words) != 2 {
			return nil, errors.New("section")
		}
		length, err := strconv.Atoi(words[1])
		if err != nil || length < 0 || end+1+length > len(rest) {
			return nil, errors.New("section")
		}
		found[words[0]] = []byte(rest[end+1 : end+1+length])
		rest = rest[end+1+length:]
	}
	return found, nil
}

// openTwice verifies the operator's line over body and auditor's line, then the auditor's over the body.
func openTwice(text []byte, operator, auditor note.Verifier) (leaf, body string, err error) {
	outer, err := note.Open(text, note.VerifierList(operator))
	if err != nil {
		return "", "", err
	}
	inner, err := note.Open([]byte(outer.Text), note.VerifierList(auditor))
	if err != nil {
		return "", "", err
	}
	return outer.Text, inner.Text, nil
}

// included verifies a C2SP tlog-proof of a leaf.
func (k keys) included(proof []byte, leaf string) (string, error) {
	head, checkpoint, ok := strings.Cut(string(proof), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return "", errors.New("proof")
	}
	text, ok := cutPrefix(lines[1], "index ")
	index, err := strconv.ParseInt(text, 10, 64)
	if !ok || err != nil {
		return "", errors.New("index")
	}
	var path tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", err
		}
		path = append(path, hash)
	}
	tree, err := k.openCheckpoint([]byte(checkpoint))
	if err != nil {
		return "", err
	}
	return checkpoint, tlog.CheckRecord(path, tree.N, tree.Hash, index, tlog.RecordHash([]byte(leaf)))
}

func (k keys) verifyUnit(unit []byte) error {
	found, err := sections(unit)
	if err != nil {
		return err
	}
	bundle, body, err := openTwice(found["bundle"], k.operatorBundle, k.auditorBundle)
	if err != nil {
		return fmt.Errorf("bundle: %w", err)
	}
	status, statusBody, err := openTwice(found["status"], k.operatorStatus, k.auditorStatus)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	one, err := k.included(found["bundle-proof"], bundle)
	if err != nil {
		return fmt.Errorf("bundle-proof: %w", err)
	}
	other, err := k.included(found["status-proof"], status)
	if err != nil {
		return fmt.Errorf("status-proof: %w", err)
	}
	if one != other {
		return errors.New("two checkpoints")
	}
	digest := sha256.Sum256([]byte(body))
	if !strings.Contains(statusBody, fmt.Sprintf(" sha256:%x\n", digest)) {
		return errors.New("the status names another bundle")
	}
	return nil
}

// verifyUnits reads units, each led by its length in four bytes.
func verifyUnits(k keys) error {
	input := bufio.NewReader(os.Stdin)
	output := bufio.NewWriter(os.Stdout)
	defer output.Flush()
	for {
		var length [4]byte
		if _, err := io.ReadFull(input, length[:]); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		unit := make([]byte, binary.BigEndian.Uint32(length[:]))
		if _, err := io.ReadFull(input, unit); err != nil {
			return err
		}
		if err := k.verifyUnit(unit); err != nil {
			fmt.Fprintln(output, strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Fprintln(output, "ok")
		}
	}
}

func run() error {
	if (len(os.Args) == 4 || len(os.Args) == 5) && os.Args[1] == "log" {
		k, err := readKeys(os.Args[3])
		if err != nil {
			return err
		}
		return verifyLog(os.Args[2], k, os.Args[4:])
	}
	if len(os.Args) == 3 && os.Args[1] == "units" {
		k, err := readKeys(os.Args[2])
		if err != nil {
			return err
		}
		return verifyUnits(k)
	}
	return errors.New("usage: verify log PUBLIC_DIR KEYS [OLDER] | verify units KEYS < UNITS")
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
