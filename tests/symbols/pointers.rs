//! `file.ptr` of symbol servers: followed to what the search path names, and nowhere else.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::bench::{Bench, cabinet, data, failure, image, pdb};
use crate::http::{Server, reply};

/// A server that has nothing but a `file.ptr` for the sample PDB, and what else it is given.
fn pointing(text: &str, more: &[(String, Vec<u8>)]) -> Server {
    let (_, id) = pdb();
    let mut files: HashMap<String, Vec<u8>> = more.iter().cloned().collect();
    files.insert(format!("/{}/{}/file.ptr", id.name(), id.key()), text.as_bytes().to_vec());
    Server::with(files)
}

#[test]
fn pointers_of_servers_lead_to_what_the_path_names_and_nowhere_else() {
    let (bytes, id) = pdb();
    let sample = data("sample64.pdb");
    let elsewhere = Server::with([("/blob".to_owned(), bytes.clone())].into());
    let blob = format!("PATH:{}/blob\n", elsewhere.url());
    let local = format!("PATH:{}", sample.display());
    let folder = data("");
    // Refused, each with its reason, and nobody is asked.
    for (text, reason) in [
        (local.as_str(), "in no folder of the symbol path"),
        (&blob, "names no such server"),
        ("PATH:\\\\server\\share\\sample64.pdb", "is not used"),
        ("PATH:file:///etc/passwd", "is not used"),
        ("PATH:../../sample64.pdb", "not a full path"),
        ("PATH:ftp://127.0.0.1/x", "is not used"),
        ("MSG: ask Bob", "the server says: ask Bob"),
        ("", "the server says: "),
    ] {
        let (bench, server) = (Bench::new(), pointing(text, &[]));
        let said = failure(&bench.find(&format!("srv**{}", server.url()), &id));
        assert!(said.contains(reason), "{text:?}: {said}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
    assert_eq!(elsewhere.asked(), [] as [String; 0]);
    // Followed: a folder that the path names (though it is searched later), a server that it names, the same server.
    for (text, named) in
        [(local.as_str(), folder.display().to_string()), (&blob, format!("srv*{}", elsewhere.url()))]
    {
        let (bench, server) = (Bench::new(), pointing(text, &[]));
        let found = bench.find(&format!("srv**{};{named}", server.url()), &id).found.unwrap();
        assert_eq!(found.path, bench.path_in_cache(&id));
        assert!(std::fs::read(&found.path).unwrap() == bytes);
        let origin = found.origin.unwrap();
        assert!(origin.ends_with("/blob") || origin.ends_with("sample64.pdb"), "{origin}");
    }
    let server = Server::start({
        let (id, bytes) = (id.clone(), bytes.clone());
        move |path, stream, _| match path {
            "/packed/sample64.pdb" => reply(stream, "200 OK", "", &bytes),
            _ if path == format!("/s/{}/{}/file.ptr", id.name(), id.key()) => {
                let host = stream.local_addr().unwrap();
                reply(
                    stream,
                    "200 OK",
                    "",
                    format!("MSG: moved\r\nPATH: http://{host}/packed/sample64.pdb").as_bytes(),
                );
            }
            _ => reply(stream, "404 Not Found", "", b""),
        }
    });
    let bench = Bench::new();
    assert!(bench.find(&format!("srv**{}/s", server.url()), &id).found.is_some());
}

#[test]
fn what_a_pointer_leads_to_is_checked_like_any_file() {
    let (_, id) = pdb();
    let (other, _) = image();
    let folder = tempfile::tempdir().unwrap();
    let wrong = folder.path().join("wrong.pdb");
    std::fs::write(&wrong, &other).unwrap();
    let huge = folder.path().join("huge.pdb");
    std::fs::File::create(&huge).unwrap().set_len(100 << 20).unwrap();
    let bomb = folder.path().join("bomb.pd_");
    std::fs::write(&bomb, cabinet(&vec![0; 8 << 20])).unwrap();
    for (place, reason) in [(&wrong, "the file is image"), (&huge, "size limit"), (&bomb, "size limit")] {
        let (bench, server) = (Bench::new(), pointing(&format!("PATH:{}", place.display()), &[]));
        let path = format!("srv**{};{}", server.url(), folder.path().display());
        let said = failure(&bench.find(&path, &id));
        assert!(said.contains(reason), "{said}");
        assert_eq!(bench.files(), [] as [PathBuf; 0]);
    }
    // Pointers are no chain.
    let server = Server::start(|path, stream, _| {
        let host = stream.local_addr().unwrap();
        match path.ends_with("file.ptr") {
            true => reply(stream, "200 OK", "", format!("PATH:http://{host}{path}").as_bytes()),
            false => reply(stream, "404 Not Found", "", b""),
        }
    });
    let bench = Bench::new();
    failure(&bench.find(&format!("srv**{}", server.url()), &id));
    assert!(server.asked().len() <= 8, "{:?}", server.asked());
}
