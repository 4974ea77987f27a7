complete -c hms -a '(hms --quiet __complete -- (commandline -opc) (commandline -ct) 2>/dev/null)'
