/* fault_table.h: the fault codes of X-Road (7.8 spelling, x-road 1.7) that this gateway raises or may be told, what each means to the program, the sentence for the
 * person who asked, and cause and cure for those who keep the nodes. A code behind another may mean something of its own ("service_failed.network_error"). All are the same words as in doc/faults.md (a test compares them). Included by fault.c alone.
 * FAULT(code, status, sentence, cause, cure): English, the keys of their translations. */
FAULT("io_error", ST_UNAVAILABLE, "The connection to the other agency's node broke. Try again in a minute; what changes something, only when you know that it was not done.",
    "The connection broke, or a part of this node was not available.", "Try again; look at the log line before it.")
FAULT("network_error", ST_UNAVAILABLE, "The other agency's node cannot be reached, or broke off. Try again in a minute; what changes something, only when you know that it was not done. If it lasts, tell your administrator.",
    "No connection to the other node, or it broke off or stood still over a question that it may have taken.", "Is it running? Ports 5500 and 5577 open? sen directory show for its address. What changes something: ask first whether it was done.")
FAULT("unknown_host", ST_UNAVAILABLE, "The address of the other agency's node is unknown. Tell your administrator.",
    "Its name does not resolve.", "Check DNS, or the address in the directory.")
FAULT("http_error", ST_UNAVAILABLE, "The other agency's node gave an answer that is no exchange message. Tell your administrator.",
    "The other side answered, but not as a gateway.", "Check the address in the directory; is a proxy in between?")
FAULT("internal_error", ST_BROKEN, "A node on the way had an internal error. Give your administrator the id of this request.",
    "A bug, or something not foreseen.", "Report it with detail.")
FAULT("bad_request", ST_INVALID, "The request is malformed. Correct it as the fault's message says.",
    "Path, header or size is wrong; the message says which.", "Correct the request; path and headers are together at most 15,000 bytes, ids 255 characters. A longer head gets HTTP's own 414 or 431.")
FAULT("not_found", ST_NOT_FOUND, "What was asked does not exist. Check the address.",
    "The address does not exist.", "Check it.")
FAULT("database_error", ST_UNAVAILABLE, "A database on the way is not available. Try again in a minute.",
    "A database is not available.", "Check it.")
FAULT("invalid_request", ST_INVALID, "The other agency's node refused the request. Correct it as the fault's message says.",
    "The provider refused the message; also: the same message came a second time.", "Send a new message; never repeat a request id.")
FAULT("invalid_response", ST_UNAVAILABLE, "The answer of the other agency is malformed. Tell your administrator.",
    "The answer does not parse; the code behind it says why.", "Check the provider's software.")
FAULT("cryptography_error", ST_BROKEN, "A cryptographic step failed. Tell your administrator.",
    "A cryptographic step failed.", "Look at the log line before it.")
FAULT("cannot_create_signature", ST_UNAVAILABLE, "The message could not be signed. Check that the key holder runs and that the signing certificate is valid.",
    "This node could not sign; the code behind it says why.", "Does the key holder run? Is there a certificate, and its status?")
FAULT("cert_validation", ST_DENIED, "A certificate was refused because it is revoked or its status is unknown. Tell your administrator.",
    "The certificate is revoked.", "Its owner asks the operator for a new one (sen node init, sen ca issue).")
FAULT("missing_validation_info", ST_UNAVAILABLE, "The status of a certificate is not there yet. Try again in a minute.",
    "No status of the certificate could be had.", "Is the operator's /ocsp reachable? Port 5577 of the peer?")
FAULT("incorrect_validation_info", ST_DENIED, "The status of a certificate is wrong or too old. Tell your administrator.",
    "The status is too old, of another certificate, or not signed by a responder.", "Compare the clocks; look at the responder.")
FAULT("cannot_create_cert_path", ST_DENIED, "A certificate comes from no approved authority. Tell your administrator.",
    "No approved authority issued it.", "Get it from an authority of the directory.")
FAULT("cert_validity_time", ST_DENIED, "A certificate has ended or is not valid yet. Ask your administrator to renew it.",
    "The certificate has ended or not begun.", "Renew it; compare the clocks.")
FAULT("incorrect_certificate", ST_DENIED, "A certificate is not the one that belongs there. Tell your administrator.",
    "A good certificate in the wrong place: another member's, another server's, wrong use.", "Compare with sen directory show; sign with the member's own key.")
FAULT("unsupported_algorithm", ST_DENIED, "A signature uses an algorithm that is not accepted. Tell your administrator.",
    "SHA-1 or an algorithm that is not accepted.", "Sign with SHA-256 or longer, RSA from 2048 bits or P-256.")
FAULT("invalid_signature_value", ST_DENIED, "The signature does not fit the message: it was changed on the way. Nothing was used. Tell your administrator.",
    "The bytes are not those that were signed.", "The message was changed on the way: tell both administrators.")
FAULT("malformed_signature", ST_DENIED, "The signature of the message is malformed. Nothing was used. Tell your administrator.",
    "The signature document breaks the format.", "Check the software that made it.")
FAULT("invalid_xml", ST_INVALID, "An XML document on the way is malformed. Tell your administrator.",
    "An XML document on the way does not parse.", "Check the software that made it.")
FAULT("invalid_reference", ST_DENIED, "The signature refers to a part that is not there. Nothing was used. Tell your administrator.",
    "The signature names a part that is not there.", "The message was changed on the way: tell both administrators.")
FAULT("invalid_cert_path", ST_DENIED, "A certificate's chain is not valid. Tell your administrator.",
    "The chain breaks a rule.", "Ask its owner for another chain.")
FAULT("signature_verification", ST_DENIED, "The signature could not be verified. Nothing was used. Tell your administrator.",
    "Any other failure to verify.", "Look at the log line before it.")
FAULT("malformed_soap", ST_INVALID, "An envelope on the way is malformed. Tell your administrator.",
    "A fault envelope that does not parse.", "Check the address: is it a gateway?")
FAULT("invalid_hash_chain", ST_DENIED, "The signature's hash chain does not fit the message. Nothing was used. Tell your administrator.",
    "The hash chain does not lead to the signed result.", "The message was changed on the way: tell both administrators.")
FAULT("malformed_hash_chain", ST_DENIED, "The signature's hash chain is malformed. Nothing was used. Tell your administrator.",
    "The hash chain breaks the format.", "Check the software that made it.")
FAULT("hashchain_unused_inputs", ST_DENIED, "A part of the message is not covered by the signature. Nothing was used. Tell your administrator.",
    "A part that was received is not covered.", "The message was changed on the way: tell both administrators.")
FAULT("invalid_hash_chain_ref", ST_DENIED, "The signature's hash chain names a wrong part. Nothing was used. Tell your administrator.",
    "A part's digest differs from the chain's.", "The message was changed on the way: tell both administrators.")
FAULT("ssl_authentication_failed", ST_DENIED, "Two systems on the way could not recognise each other by their certificates. Tell your administrator.",
    "The TLS certificate of a node was not accepted, and the code behind it says why; or, behind service_failed, that of the system behind the provider's node.",
    "See the code behind it; the directory must list a node's certificate, the provider's exchange.services (certificates) that of its system.")
FAULT("logging_failed", ST_UNAVAILABLE, "The message could not be written to the message log, so it was not passed on. Try again; check the disk.",
    "The message could not be written to the message log, so it was not passed on.", "Check disk, database and key holder.")
FAULT("timestamping_failed", ST_UNAVAILABLE, "Messages could not be time-stamped for too long. Tell your administrator.",
    "Messages could not be time-stamped for too long.", "Check the time-stamp service.")
FAULT("timestamper_failed", ST_UNAVAILABLE, "A node on the way could not have its messages time-stamped for too long, so it passes none on. Tell its administrator: the time-stamp service must answer again.",
    "Time-stamping has failed for longer than exchange.stamp_failure_s; the node passes no messages on until the next one succeeds.", "sen message stamps says since when and why; check the way to the operator's /tsa.")
FAULT("invalid_content_type", ST_INVALID, "The message has a wrong content type. Tell your administrator.",
    "The transport message is no multipart.", "Check address and software of the other side.")
FAULT("invalid_http_method", ST_INVALID, "The service does not know this verb. Check the service's description.",
    "A verb that the service or protocol does not know.", "Use the verb of the service's description.")
FAULT("invalid_message", ST_INVALID, "The message holds parts that do not belong there. Tell your administrator.",
    "Parts in the wrong order, twice, or after the signature.", "Check the software that made it.")
FAULT("invalid_security_server", ST_INVALID, "The server named in X-Road-Security-Server does not offer this service. Leave the header out, or name one that does.",
    "X-Road-Security-Server names a server that does not offer the service.", "Leave the header out.")
FAULT("mime_parsing_failed", ST_INVALID, "The multipart message is malformed. Tell your administrator.",
    "The multipart is malformed.", "Check the software that made it.")
FAULT("missing_header", ST_INVALID, "A header is missing. Add the header that the fault's message names.",
    "A needed header is missing; the message names it.", "Add it.")
FAULT("missing_header_field", ST_INVALID, "A header is missing. Add the header that the fault's message names.",
    "A needed header is missing; the message names it.", "Add it.")
FAULT("duplicate_header_field", ST_INVALID, "A header stands twice. Send it once.",
    "A header stands twice.", "Send it once.")
FAULT("missing_body", ST_INVALID, "The message has no body, but the service needs one. Send it.",
    "The service needs a body.", "Send one.")
FAULT("invalid_body", ST_INVALID, "The body of the message is malformed. Correct it.",
    "The body does not parse.", "Correct it.")
FAULT("inconsistent_headers", ST_INVALID, "Headers of the message contradict each other. Correct them.",
    "Headers contradict each other.", "Correct them.")
FAULT("inconsistent_response", ST_DENIED, "The answer does not belong to the question. Nothing was used. Tell your administrator.",
    "The answer belongs to another question (ids, hash, names differ).", "Somebody mixes up or replays answers: tell both administrators.")
FAULT("missing_rest", ST_INVALID, "The message part is missing. Tell your administrator.",
    "The message part is missing.", "Check the software that made it.")
FAULT("invalid_rest", ST_INVALID, "The message is not a REST message of X-Road. Tell your administrator.",
    "The message part is no canonical REST message.", "Check the software that made it.")
FAULT("access_denied", ST_DENIED, "The other agency does not allow this service to your agency for this purpose. Choose another purpose, or ask for the right.",
    "No right fits client, service, method, path and purpose; a path with an encoded slash or .. fits none.", "Ask the provider for a right in its exchange.rights; send X-Sen-Purpose with a code that the right names.")
FAULT("service_disabled", ST_UNAVAILABLE, "The other agency has switched this service off for now. Try again later.",
    "The provider switched the service off; its notice stands in the message.", "Wait, or ask the provider.")
FAULT("service_failed", ST_UNAVAILABLE, "The system behind the other agency's node does not answer as it should. Try again in a minute; what changes something, only when you know that it was not done.",
    "The system behind the provider's node does not answer, or its answer fits no message.", "The provider checks the url in exchange.services, and that system. What changes something: ask first whether it was done.")
FAULT("service_failed.network_error", ST_UNAVAILABLE, "The system behind the other agency's node does not answer as it should. Try again in a minute; what changes something, only when you know that it was not done.",
    "The system behind the provider's node could not be reached, or it broke off or stood still over a question that it may have taken.",
    "On the provider: message.refused in its log names the address and the reason, and sen doctor tries the url of each of its exchange.services. What changes something: ask first whether it was done.")
FAULT("missing_signature", ST_DENIED, "The message is not signed. Nothing was used. Tell your administrator.",
    "The message is not signed.", "Check the software that made it.")
FAULT("unknown_service", ST_NOT_FOUND, "The other agency offers no such service. Check its name.",
    "The subsystem offers no service of this code.", "GET .../listMethods; on the provider: exchange.services or the room's register.")
FAULT("service_type", ST_INVALID, "The service is of another kind. Check its description.",
    "The service or message is of another kind (SOAP).", "Use REST, below /r1/.")
FAULT("invalid_protocol_version", ST_INVALID, "The protocol version is not supported. Use /r1/.",
    "Not /r1/.", "Use /r1/.")
FAULT("invalid_client_identifier", ST_INVALID, "Write X-Road-Client as INSTANCE/CLASS/MEMBER/SUBSYSTEM.",
    "X-Road-Client does not parse.", "INSTANCE/CLASS/MEMBER/SUBSYSTEM, each part percent-encoded.")
FAULT("client_proxy_version_not_supported", ST_DENIED, "The other agency's node wants a newer version of this software. Tell your administrator.",
    "The provider wants a newer gateway.", "Update the asking node.")
FAULT("unknown_member", ST_NOT_FOUND, "The directory knows no such agency or subsystem, or it is not registered on that node. Check the name.",
    "Client or provider does not stand in the directory, or not on that server.", "Check the spelling (case counts); sen directory show; ask the operator to register it.")
FAULT("malformed_server_conf", ST_BROKEN, "A node's own configuration is malformed. Tell your administrator.",
    "A node's own configuration is wrong.", "The message names file and line.")
FAULT("malformed_global_conf", ST_UNAVAILABLE, "The nation's directory is malformed. Tell the operator.",
    "A directory that does not parse, is not signed by the anchor's key, or is of another nation.", "Compare the anchor with the operator's.")
FAULT("global_conf_outdated", ST_UNAVAILABLE, "The nation's directory has not been renewed in time, so nothing is exchanged. Check the connection to the operator.",
    "The directory was not renewed within ten minutes; all exchange stops.", "Is the operator's node running and reachable? Compare the clocks.")
FAULT("malformed_anchor", ST_INVALID, "The configuration anchor is malformed. Get it again from the operator.",
    "The anchor does not parse.", "Get it again.")
FAULT("anchor_file_not_found", ST_NOT_FOUND, "There is no configuration anchor. Get it from the operator and name it in node.yaml under exchange.anchor.",
    "There is no anchor.", "Set exchange.anchor.")
FAULT("service_missing_url", ST_UNAVAILABLE, "The service has no address on the other agency's node. Tell its administrator.",
    "The service has no address.", "The provider sets url.")
FAULT("service_malformed_url", ST_UNAVAILABLE, "The service's address on the other agency's node is malformed. Tell its administrator.",
    "Its address does not parse.", "The provider corrects url.")
FAULT("maintenance_mode", ST_UNAVAILABLE, "The other agency's node is under maintenance. Try again later.",
    "Every server of the provider is under maintenance.", "Wait.")
FAULT("key_not_found", ST_UNAVAILABLE, "A key is missing in the key holder. Tell your administrator.",
    "The key is missing.", "sen node init.")
FAULT("key_not_available", ST_UNAVAILABLE, "A key cannot be used now. Tell your administrator.",
    "The key cannot be used now.", "Does the key holder run?")
FAULT("cert_not_found", ST_UNAVAILABLE, "A key has no certificate yet. Ask the operator for it.",
    "The key has no certificate.", "sen ca issue, then sen node certificate.")
FAULT("token_not_available", ST_UNAVAILABLE, "The key holder does not answer. Check that it runs.",
    "The key holder does not answer.", "Restart the node; look at its log.")
FAULT("cannot_sign", ST_UNAVAILABLE, "The key holder could not sign. Check that it runs.",
    "The key holder refused or failed.", "Look at its log.")
