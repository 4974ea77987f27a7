module github.com/hmsffi/hmsffi/go

go 1.26
