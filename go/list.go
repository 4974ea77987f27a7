package hmsffi

import "context"

// The service in which the library lists services, and the pages that it gives.
const registryService = "hms.ffi.v1.ServiceRegistry"

type listServicesRequest struct {
	NamePattern    string            `json:"name_pattern"`
	MetadataFilter map[string]string `json:"metadata_filter"`
	Limit          int32             `json:"limit"`
	PageToken      string            `json:"page_token"`
}

type listServicesResponse struct {
	Services      []serviceDefinition `json:"services"`
	NextPageToken string              `json:"next_page_token"`
}

type serviceDefinition struct {
	ServiceID   string `json:"service_id"`
	DisplayName string `json:"display_name"`
	Description string `json:"description"`
	Version     string `json:"version"`
	Methods     []struct {
		Name        string            `json:"name"`
		Description string            `json:"description"`
		IsStreaming bool              `json:"is_streaming"`
		StreamType  int               `json:"stream_type"`
		Metadata    map[string]string `json:"metadata"`
	} `json:"methods"`
	Metadata map[string]string `json:"metadata"`
}

func (service *serviceDefinition) info() ServiceInfo {
	info := ServiceInfo{
		ID:          service.ServiceID,
		Name:        service.DisplayName,
		Description: service.Description,
		Version:     service.Version,
		Metadata:    service.Metadata,
	}
	for _, method := range service.Methods {
		info.Methods = append(info.Methods, MethodInfo{
			Name:        method.Name,
			Description: method.Description,
			IsStreaming: method.IsStreaming,
			StreamType:  StreamType(method.StreamType),
			Metadata:    method.Metadata,
		})
	}
	return info
}

func (c *client) ListServices(ctx context.Context, pattern string) ([]ServiceInfo, error) {
	registry := &serviceClient{client: c, id: registryService}
	defer registry.Close()
	request := listServicesRequest{NamePattern: pattern}
	var found []ServiceInfo
	for {
		var page listServicesResponse
		if err := registry.Call(ctx, "ListServices", request, &page); err != nil {
			return nil, err
		}
		for _, service := range page.Services {
			found = append(found, service.info())
		}
		if request.PageToken = page.NextPageToken; request.PageToken == "" {
			return found, nil
		}
	}
}
